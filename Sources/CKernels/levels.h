#pragma once
#include "CKernels.h"

// Each kernel is written once, as an inline body in plain C, and compiled once for each instruction level; the compiler
// vectorises the copies. Sums may be reassociated where a body says so: results then differ between levels in the last
// bits, never between runs or thread counts on one machine.

#define PARE_BODY static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define PARE_AVX2_TARGET __attribute__((target("avx2,fma,f16c")))
#define PARE_AVX512_TARGET \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"), min_vector_width(512)))
#define PARE_LEVELS(result, name, parameters, arguments)                                        \
  static result name##_reference parameters { return name##_body arguments; }                   \
  PARE_AVX2_TARGET static result name##_avx2 parameters { return name##_body arguments; }       \
  PARE_AVX512_TARGET static result name##_avx512 parameters { return name##_body arguments; }
#define PARE_AT(level, name, arguments)                            \
  ((level) >= PARE_AVX512 ? name##_avx512 arguments                \
   : (level) == PARE_AVX2 ? name##_avx2 arguments                  \
                          : name##_reference arguments)
#else
// On other processors the compiler's baseline (NEON on arm64) is the one level.
#define PARE_LEVELS(result, name, parameters, arguments) \
  static result name##_reference parameters { return name##_body arguments; }
#define PARE_AT(level, name, arguments) ((void)(level), name##_reference arguments)
#endif
