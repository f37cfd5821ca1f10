#pragma once
#include "levels.h"
#include <string.h>

PARE_BODY float bits_to_float(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

PARE_BODY uint32_t float_to_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// The bits of a float rounded to bfloat16, ties to even; NaN stays NaN.
PARE_BODY uint32_t to_bfloat16_bits(float x) {
  uint32_t bits = float_to_bits(x);
  uint32_t rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
  uint32_t quiet = bits | 0x400000u;
  return ((bits & 0x7fffffffu) > 0x7f800000u ? quiet : rounded) & 0xffff0000u;
}

// Adding and subtracting 1.5 * 2^23 rounds to the nearest even integer, for |x| < 2^22.
PARE_BODY float round_to_even(float x) {
  const float shift = 12582912.0f;
  return (x + shift) - shift;
}

// exp(x) within 2 ULP for x in [-87, 88]; smaller x give 0. Cody-Waite reduction and a polynomial of degree 6.
PARE_BODY float exp_bounded(float x) {
  float clamped = x < -87.3f ? -87.3f : (x > 88.3f ? 88.3f : x);
  float n = round_to_even(clamped * 1.44269504088896341f);
  float r = clamped - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  float e = (p * r * r + r) + 1.0f;
  float scaled = e * bits_to_float((uint32_t)((int32_t)n + 127) << 23);
  return x < -87.3f ? 0.0f : scaled;
}

// The largest and the smallest of x; count is positive. Kept in lanes, because a compiler may not reorder comparisons that could
// meet NaN.
#define PARE_EXTREME(name, order)                                                                                 \
  PARE_BODY float name(const float *x, size_t count) {                                                            \
    enum { LANES = 16 };                                                                                          \
    float lane[LANES], extreme = x[0];                                                                            \
    for (size_t l = 0; l < LANES; l++) lane[l] = x[0];                                                            \
    size_t whole = count - count % LANES;                                                                         \
    for (size_t i = 0; i < whole; i += LANES)                                                                     \
      for (size_t l = 0; l < LANES; l++) lane[l] = x[i + l] order lane[l] ? x[i + l] : lane[l];                   \
    for (size_t i = whole; i < count; i++) extreme = x[i] order extreme ? x[i] : extreme;                         \
    for (size_t l = 0; l < LANES; l++) extreme = lane[l] order extreme ? lane[l] : extreme;                       \
    return extreme;                                                                                               \
  }
PARE_EXTREME(largest, >)
PARE_EXTREME(smallest, <)

// The byte of the float8 E4M3 number nearest to x (ties to even); |x| must not exceed 448.
PARE_BODY uint8_t to_float8(float x) {
  uint32_t bits = float_to_bits(x);
  uint32_t sign = (bits >> 24) & 0x80u;
  uint32_t magnitude = bits & 0x7fffffffu;
  // Normal results: keep 3 mantissa bits, rounding to even, and rebias the exponent from 127 to 7.
  uint32_t rounded = magnitude + 0x7ffffu + ((magnitude >> 20) & 1u);
  uint32_t normal = (rounded >> 20) - (120u << 3);
  // Below 2^-6 the grid has the constant step 2^-9: adding 2^14 leaves that step in the last bit of the mantissa.
  uint32_t subnormal = float_to_bits(bits_to_float(magnitude) + 16384.0f) - float_to_bits(16384.0f);
  return (uint8_t)(sign | (magnitude < (121u << 23) ? subnormal : normal));
}

// The code of the float4 E2M1 number nearest to x, ties to the even code, saturating: sign in bit 3. An exact minus zero
// gives code 0 and a small negative number code 8, as compressed-tensors has it.
PARE_BODY uint8_t to_float4(float x) {
  float magnitude = x < 0 ? -x : x;
  uint32_t code = (uint32_t)(magnitude > 0.25f) + (uint32_t)(magnitude >= 0.75f) + (uint32_t)(magnitude > 1.25f) +
                  (uint32_t)(magnitude >= 1.75f) + (uint32_t)(magnitude > 2.5f) + (uint32_t)(magnitude >= 3.5f) +
                  (uint32_t)(magnitude > 5.0f);
  return (uint8_t)(code | (x < 0 ? 8u : 0u));
}

// The number a float4 E2M1 code stands for.
PARE_BODY float from_float4(uint8_t code) {
  uint32_t magnitude = code & 7u;
  float normal = bits_to_float(((magnitude >> 1) + 126u) << 23 | (magnitude & 1u) << 22);
  float value = magnitude < 2u ? 0.5f * (float)magnitude : normal;
  return code & 8u ? -value : value;
}

// The number a float8 E4M3 byte stands for; the two NaN bytes give NaN.
PARE_BODY float from_float8(uint8_t byte) {
  uint32_t magnitude = byte & 0x7fu;
  // Shifting the code into place gives the value times 2^-120, also for subnormals.
  float value = bits_to_float(magnitude << 20) * bits_to_float(247u << 23);
  value = magnitude == 0x7fu ? bits_to_float(0x7fc00000u) : value;
  return byte & 0x80u ? -value : value;
}
