#include "CPeak.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef float narrow __attribute__((vector_size(16)));
typedef float middle __attribute__((vector_size(32)));
typedef float wide __attribute__((vector_size(64)));

// Chains multiply what they hold, and the factors come from memory: there is no constant to compute once and no sum to take out of
// the loop. Chains move to the fixed point 1, far from infinities and from subnormal numbers.
static volatile float shrink = 0.5f, rise = 0.5f;

// A loop over CHAINS vectors. Two factors and the chains fill the registers of the level.
#define PEAK_LOOP(name, target, VECTOR, CHAINS)                                                                        \
  target static double name(size_t rounds, float *sink) {                                                              \
    enum { LANES = sizeof(VECTOR) / sizeof(float) };                                                                   \
    VECTOR chain[CHAINS], factor = (VECTOR){0} + shrink, addend = (VECTOR){0} + rise;                                  \
    _Pragma("clang loop unroll(full)") for (size_t c = 0; c < CHAINS; c++) chain[c] = addend * (float)c;               \
    for (size_t r = 0; r < rounds; r++) {                                                                              \
      _Pragma("clang fp contract(fast)")                                                                               \
      _Pragma("clang loop unroll(full)") for (size_t c = 0; c < CHAINS; c++) chain[c] = chain[c] * factor + addend;    \
    }                                                                                                                  \
    VECTOR sum = chain[0];                                                                                             \
    _Pragma("clang loop unroll(full)") for (size_t c = 1; c < CHAINS; c++) sum += chain[c];                            \
    float total = 0;                                                                                                   \
    for (size_t l = 0; l < LANES; l++) total += sum[l];                                                                \
    *sink = total;                                                                                                     \
    return 2.0 * LANES * CHAINS * (double)rounds;                                                                      \
  }

#if defined(__x86_64__)
#define PEAK_AVX2_TARGET __attribute__((target("avx2,fma")))
#define PEAK_AVX512_TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"), min_vector_width(512)))
#define PEAK_BFLOAT16_TARGET \
  __attribute__((target("avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"), min_vector_width(512)))

PEAK_LOOP(float32_reference, , narrow, 14)
PEAK_LOOP(float32_avx2, PEAK_AVX2_TARGET, middle, 14)
PEAK_LOOP(float32_avx512, PEAK_AVX512_TARGET, wide, 24)

// The instruction adds to its chain and cannot multiply it; that it is opaque to the compiler keeps it in the loop.
PEAK_BFLOAT16_TARGET static double bfloat16_avx512(size_t rounds, float *sink) {
  enum { CHAINS = 24, PRODUCTS = 32 };
  __m512 chain[CHAINS];
  __m512bh left = _mm512_cvtne2ps_pbh(_mm512_set1_ps(shrink), _mm512_set1_ps(-shrink));
  __m512bh right = _mm512_cvtne2ps_pbh(_mm512_set1_ps(rise), _mm512_set1_ps(rise));
#pragma clang loop unroll(full)
  for (size_t c = 0; c < CHAINS; c++) chain[c] = _mm512_set1_ps((float)c);
  for (size_t r = 0; r < rounds; r++) {
#pragma clang loop unroll(full)
    for (size_t c = 0; c < CHAINS; c++) chain[c] = _mm512_dpbf16_ps(chain[c], left, right);
  }
  __m512 sum = chain[0];
#pragma clang loop unroll(full)
  for (size_t c = 1; c < CHAINS; c++) sum = _mm512_add_ps(sum, chain[c]);
  *sink = _mm512_reduce_add_ps(sum);
  return 2.0 * PRODUCTS * CHAINS * (double)rounds;
}
#else
// On other processors the compiler's baseline is the one level, as in CKernels.
PEAK_LOOP(float32_reference, , narrow, 24)
#endif

double peak_float32(peak_level level, size_t rounds, float *sink) {
#if defined(__x86_64__)
  if (level >= PEAK_AVX512) return float32_avx512(rounds, sink);
  if (level == PEAK_AVX2) return float32_avx2(rounds, sink);
#else
  (void)level;
#endif
  return float32_reference(rounds, sink);
}

double peak_bfloat16(peak_level level, size_t rounds, float *sink) {
#if defined(__x86_64__)
  if (level == PEAK_AVX512_BFLOAT16) return bfloat16_avx512(rounds, sink);
#endif
  return peak_float32(level, rounds, sink);
}

int32_t peak_has_bfloat16(peak_level level) {
#if defined(__x86_64__)
  return level == PEAK_AVX512_BFLOAT16;
#else
  (void)level;
  return 0;
#endif
}
