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

// exp(r) for |r| <= ln(2) / 2: a polynomial of degree 7.
PARE_BODY float exp_reduced(float r) {
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return (p * r * r + r) + 1.0f;
}

// exp(x) within 2 ULP for x in [-87, 88]; smaller x give 0. Cody-Waite reduction and a polynomial.
PARE_BODY float exp_bounded(float x) {
  float clamped = x < -87.3f ? -87.3f : (x > 88.3f ? 88.3f : x);
  float n = round_to_even(clamped * 1.44269504088896341f);
  float r = clamped - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float e = exp_reduced(r);
  float scaled = e * bits_to_float((uint32_t)((int32_t)n + 127) << 23);
  return x < -87.3f ? 0.0f : scaled;
}

// An exponent, and its upper 12 bits and the rest of it, so that the first times a small integer is exact.
typedef struct {
  float value, upper, lower;
} power_parts;

// The parts of an exponent, which is at most 16384.
PARE_BODY power_parts split_power(float power) {
  power = power < 16384.0f ? power : 16384.0f;
  float upper = bits_to_float(float_to_bits(power) & 0xfffff000u);
  return (power_parts){power, upper, power - upper};
}

// x^power for x >= 0 and a positive power, off by at most 3 + power times 2^-24 of it; x and results below the smallest
// normal number count as 0, results from 2^127.5 on as infinite.
// x = 2^n m with m around 1; the integer part of power * n, found exactly, goes into the exponent, and what is left of
// it is added to power * log2(m).
PARE_BODY float raised(float x, power_parts power) {
  const uint32_t root_of_half = 0x3f3504f3u;
  uint32_t offset = float_to_bits(x) - root_of_half;
  float n = (float)((int32_t)offset >> 23);
  float r = bits_to_float((offset & 0x7fffffu) + root_of_half) - 1.0f;
  float p = 7.0376836292e-2f;
  p = p * r - 1.1514610310e-1f;
  p = p * r + 1.1676998740e-1f;
  p = p * r - 1.2420140846e-1f;
  p = p * r + 1.4249322787e-1f;
  p = p * r - 1.6668057665e-1f;
  p = p * r + 2.0000714765e-1f;
  p = p * r - 2.4999993993e-1f;
  p = p * r + 3.3333331174e-1f;
  float square = r * r;
  float logarithm = r + (p * r * square - 0.5f * square);
  float whole = power.upper * n;
  float k = round_to_even(whole);
  float rest = (whole - k) + (power.lower * n + power.value * 1.44269504088896341f * logarithm);
  float carry = round_to_even(rest);
  float e = exp_reduced((rest - carry) * 0.693147180559945309f);
  k += carry;
  k = k < -127.0f ? -127.0f : (k > 128.0f ? 128.0f : k);
  float result = e * bits_to_float((uint32_t)((int32_t)k + 127) << 23);
  result = x < 1.17549435e-38f ? 0.0f : result;
  return x <= 3.40282347e+38f ? result : x;
}

// The largest and the smallest of x and a first number; NaNs in x are passed over. Kept in lanes, because a compiler may
// not reorder comparisons that could meet NaN.
#define PARE_EXTREME(name, order)                                                                                  \
  PARE_BODY float name(float first, const float *x, size_t count) {                                                \
    enum { WIDTH = 16 };                                                                                           \
    float lane[WIDTH], extreme = first;                                                                            \
    for (size_t l = 0; l < WIDTH; l++) lane[l] = first;                                                            \
    size_t whole = count - count % WIDTH;                                                                          \
    for (size_t i = 0; i < whole; i += WIDTH)                                                                      \
      for (size_t l = 0; l < WIDTH; l++) lane[l] = x[i + l] order lane[l] ? x[i + l] : lane[l];                    \
    for (size_t i = whole; i < count; i++) extreme = x[i] order extreme ? x[i] : extreme;                          \
    for (size_t l = 0; l < WIDTH; l++) extreme = lane[l] order extreme ? lane[l] : extreme;                        \
    return extreme;                                                                                                \
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
