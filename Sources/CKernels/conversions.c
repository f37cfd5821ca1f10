#include "numbers.h"

PARE_BODY void widen_bfloat16_body(const uint16_t *src, float *dst, size_t count) {
  for (size_t i = 0; i < count; i++) dst[i] = bits_to_float((uint32_t)src[i] << 16);
}
PARE_LEVELS(void, widen_bfloat16, (const uint16_t *src, float *dst, size_t count), (src, dst, count))

void pare_widen_bfloat16(pare_level level, const uint16_t *src, float *dst, size_t count) {
  PARE_AT(level, widen_bfloat16, (src, dst, count));
}

PARE_BODY void widen_float16_body(const uint16_t *src, float *dst, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t half = src[i], magnitude = half & 0x7fffu;
    // Normal and subnormal alike: shift into place and rescale by 2^112; infinity and NaN keep their exponent.
    float value = bits_to_float(magnitude << 13) * bits_to_float(239u << 23);
    uint32_t bits = float_to_bits(value);
    bits = magnitude >= 0x7c00u ? (0x7f800000u | (magnitude & 0x3ffu) << 13) : bits;
    dst[i] = bits_to_float(bits | (half & 0x8000u) << 16);
  }
}
PARE_LEVELS(void, widen_float16, (const uint16_t *src, float *dst, size_t count), (src, dst, count))

void pare_widen_float16(pare_level level, const uint16_t *src, float *dst, size_t count) {
  PARE_AT(level, widen_float16, (src, dst, count));
}

PARE_BODY void narrow_bfloat16_body(const float *src, uint16_t *dst, size_t count) {
  for (size_t i = 0; i < count; i++) dst[i] = (uint16_t)(to_bfloat16_bits(src[i]) >> 16);
}
PARE_LEVELS(void, narrow_bfloat16, (const float *src, uint16_t *dst, size_t count), (src, dst, count))

void pare_narrow_bfloat16(pare_level level, const float *src, uint16_t *dst, size_t count) {
  PARE_AT(level, narrow_bfloat16, (src, dst, count));
}

PARE_BODY size_t first_not_finite_body(const float *x, size_t count) {
  enum { RUN = 1024 };
  for (size_t start = 0; start < count; start += RUN) {
    size_t end = start + RUN < count ? start + RUN : count;
    uint32_t found = 0;
    for (size_t i = start; i < end; i++) found |= (float_to_bits(x[i]) & 0x7f800000u) == 0x7f800000u;
    if (found)
      for (size_t i = start; i < end; i++)
        if ((float_to_bits(x[i]) & 0x7f800000u) == 0x7f800000u) return i;
  }
  return count;
}
PARE_LEVELS(size_t, first_not_finite, (const float *x, size_t count), (x, count))

size_t pare_first_not_finite(pare_level level, const float *x, size_t count) {
  return PARE_AT(level, first_not_finite, (x, count));
}
