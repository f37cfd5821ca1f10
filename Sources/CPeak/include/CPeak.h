#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// What a core does when nothing but arithmetic is asked of it: multiply-adds in registers, in as many independent chains as the
// registers hold. A level the processor lacks must not be passed.
typedef enum { PEAK_REFERENCE = 0, PEAK_AVX2 = 1, PEAK_AVX512 = 2, PEAK_AVX512_BFLOAT16 = 3 } peak_level;

/// Multiply-adds of float32, so many rounds of all chains; returns the floating-point operations done, two for each.
/// *sink becomes a number that depends on all of them.
double peak_float32(peak_level level, size_t rounds, float *sink);
/// Multiply-adds of bfloat16 pairs summed in float32, where there is an instruction for it; otherwise those of float32, of which
/// products of bfloat16 numbers are made there.
double peak_bfloat16(peak_level level, size_t rounds, float *sink);
/// Whether the level has an instruction for products of bfloat16 numbers.
int32_t peak_has_bfloat16(peak_level level);

#ifdef __cplusplus
}
#endif
