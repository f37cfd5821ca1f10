#include "numbers.h"

PARE_BODY float clamped(float x, pare_grid grid) {
  x = x < grid.minimum ? grid.minimum : x;
  return x > grid.maximum ? grid.maximum : x;
}

PARE_BODY void ranges_body(const float *x, size_t count, size_t width, float *minima, float *maxima) {
  for (size_t start = 0, run = 0; start < count; start += width, run++) {
    size_t length = start + width < count ? width : count - start;
    minima[run] = smallest(x[start], x + start, length);
    maxima[run] = largest(x[start], x + start, length);
  }
}
PARE_LEVELS(void, ranges, (const float *x, size_t count, size_t width, float *minima, float *maxima),
            (x, count, width, minima, maxima))

void pare_ranges(pare_level level, const float *x, size_t count, size_t width, float *minima, float *maxima) {
  PARE_AT(level, ranges, (x, count, width, minima, maxima));
}

PARE_BODY void quantize_body(const float *x, size_t count, float scale, float zero_point, pare_grid grid,
                             uint8_t *codes) {
  switch (grid.code) {
  case PARE_FLOAT8:
    for (size_t i = 0; i < count; i++) codes[i] = to_float8(clamped(x[i] / scale, grid));
    break;
  case PARE_FLOAT4:
    for (size_t i = 0; i < count; i++) codes[i] = to_float4(x[i] / scale);
    break;
  case PARE_INTEGER:
    for (size_t i = 0; i < count; i++)
      codes[i] = (uint8_t)(int32_t)round_to_even(clamped(x[i] / scale + zero_point, grid));
  }
}
PARE_LEVELS(void, quantize,
            (const float *x, size_t count, float scale, float zero_point, pare_grid grid, uint8_t *codes),
            (x, count, scale, zero_point, grid, codes))

void pare_quantize(pare_level level, const float *x, size_t count, float scale, float zero_point, pare_grid grid,
                   uint8_t *codes) {
  PARE_AT(level, quantize, (x, count, scale, zero_point, grid, codes));
}

PARE_BODY void dequantize_body(const uint8_t *codes, size_t count, float scale, float zero_point, pare_code code,
                               float *x) {
  switch (code) {
  case PARE_FLOAT8:
    for (size_t i = 0; i < count; i++) x[i] = from_float8(codes[i]) * scale;
    break;
  case PARE_FLOAT4:
    for (size_t i = 0; i < count; i++) x[i] = from_float4(codes[i]) * scale;
    break;
  case PARE_INTEGER:
    for (size_t i = 0; i < count; i++) x[i] = ((float)(int8_t)codes[i] - zero_point) * scale;
  }
}
PARE_LEVELS(void, dequantize,
            (const uint8_t *codes, size_t count, float scale, float zero_point, pare_code code, float *x),
            (codes, count, scale, zero_point, code, x))

void pare_dequantize(pare_level level, const uint8_t *codes, size_t count, float scale, float zero_point,
                     pare_code code, float *x) {
  PARE_AT(level, dequantize, (codes, count, scale, zero_point, code, x));
}

// The grid point nearest to x, as a number; x is already divided by its scale and shifted by its zero point. Adding and
// subtracting a number leaves the multiples of its last bit, ties to even.
PARE_BODY float rounded(float x, pare_grid grid, pare_code code) {
  float value = clamped(x, grid);
  float magnitude = value < 0 ? -value : value;
  switch (code) {
  case PARE_FLOAT8: {
    uint32_t bits = float_to_bits(value);
    float normal = bits_to_float((bits + 0x7ffffu + ((bits >> 20) & 1u)) & 0xfff00000u);
    float subnormal = (value + 24576.0f) - 24576.0f;
    return magnitude < 0.015625f ? subnormal : normal;
  }
  case PARE_FLOAT4: {
    float shift = magnitude < 2.0f ? 6291456.0f : (magnitude < 4.0f ? 12582912.0f : 25165824.0f);
    return (value + shift) - shift;
  }
  case PARE_INTEGER: return round_to_even(value);
  }
}

enum { LANES = 16 };

// Adds the errors of one vector to sums, each lane to its own.
PARE_BODY void add_errors(const float *restrict x, const float *restrict importance, float scale, float zero_point,
                          pare_grid grid, pare_code code, power_parts power, float *restrict sums) {
  for (size_t l = 0; l < LANES; l++) {
    float value = (rounded(x[l] / scale + zero_point, grid, code) - zero_point) * scale;
    float error = value - x[l];
    sums[l] += power.value == 2.0f ? importance[l] * error * error
                                   : importance[l] * raised(error < 0 ? -error : error, power);
  }
}

// The error of one run. What is short of the last vector stands there as zeros of no importance.
PARE_BODY float run_error(const float *x, const float *importance, size_t count, float scale, float zero_point,
                          pare_grid grid, pare_code code, power_parts power) {
  static const float ones[LANES] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  float sums[LANES] = {0};
  for (size_t i = 0; i < count; i += LANES) {
    const float *line = x + i, *weights = importance ? importance + i : ones;
    float rest[LANES], rest_importance[LANES];
    if (count - i < LANES) {
      for (size_t l = 0; l < LANES; l++) {
        rest[l] = l < count - i ? line[l] : 0;
        rest_importance[l] = l < count - i ? weights[l] : 0;
      }
      line = rest;
      weights = rest_importance;
    }
    add_errors(line, weights, scale, zero_point, grid, code, power, sums);
  }
  for (size_t half = LANES / 2; half; half /= 2)
    for (size_t l = 0; l < half; l++) sums[l] += sums[l + half];
  return sums[0];
}

PARE_BODY void run_errors(const float *x, const float *importance, size_t count, size_t width, const float *scales,
                          const float *zero_points, pare_grid grid, pare_code code, power_parts power, float *errors) {
  for (size_t start = 0, run = 0; start < count; start += width, run++) {
    size_t length = start + width < count ? width : count - start;
    errors[run] = run_error(x + start, importance ? importance + start : importance, length, scales[run],
                            zero_points[run], grid, code, power);
  }
}

PARE_BODY void quantization_errors_body(const float *x, const float *importance, size_t count, size_t width,
                                        const float *scales, const float *zero_points, pare_grid grid, float power,
                                        float *errors) {
  // A copy of the loop for each kind of code, and for squares: what is constant in it is not asked for each element.
#define PARE_RUNS(code, parts) \
  run_errors(x, importance, count, width, scales, zero_points, grid, code, parts, errors)
#define PARE_RUNS_OF(code) \
  power == 2.0f ? PARE_RUNS(code, ((power_parts){2.0f, 2.0f, 0})) : PARE_RUNS(code, split_power(power))
  switch (grid.code) {
  case PARE_FLOAT8: PARE_RUNS_OF(PARE_FLOAT8); break;
  case PARE_FLOAT4: PARE_RUNS_OF(PARE_FLOAT4); break;
  case PARE_INTEGER: PARE_RUNS_OF(PARE_INTEGER); break;
  }
#undef PARE_RUNS_OF
#undef PARE_RUNS
}
PARE_LEVELS(void, quantization_errors,
            (const float *x, const float *importance, size_t count, size_t width, const float *scales,
             const float *zero_points, pare_grid grid, float power, float *errors),
            (x, importance, count, width, scales, zero_points, grid, power, errors))

void pare_quantization_errors(pare_level level, const float *x, const float *importance, size_t count, size_t width,
                              const float *scales, const float *zero_points, pare_grid grid, float power,
                              float *errors) {
  PARE_AT(level, quantization_errors, (x, importance, count, width, scales, zero_points, grid, power, errors));
}

// The scale and zero point of one row.
PARE_BODY void row_point(const float *row, size_t columns, pare_scale_rule rule, pare_grid grid, float *scale,
                         float *zero_point) {
  float low = smallest(0, row, columns), high = largest(0, row, columns);
  float top = -low > high ? -low : high;
  float half_range = (grid.maximum - grid.minimum) / 2;
  *zero_point = 0;
  switch (rule.kind) {
  case PARE_SYMMETRIC: *scale = top / half_range; break;
  case PARE_ASYMMETRIC:
    *scale = (high - low) / (grid.maximum - grid.minimum);
    *scale = *scale > 0 ? *scale : 1.1920929e-07f;
    *zero_point = round_to_even(clamped(grid.minimum - low / *scale, grid));
    break;
  case PARE_POWER_OF_TWO: {
    int32_t exponent = (int32_t)((float_to_bits(top) + (1u << 21)) >> 23) - rule.exponent_offset;
    *scale = exponent > 0 ? bits_to_float((uint32_t)exponent << 23) : bits_to_float(1u << 22);
    break;
  }
  case PARE_FLOAT8_SCALE: {
    float value = rule.global * (top / half_range);
    value = from_float8(to_float8(value > 448.0f ? 448.0f : value));
    *scale = (value > 0 ? value : 0.125f) / rule.global;
    break;
  }
  case PARE_FIXED:
    *scale = rule.scale;
    *zero_point = rule.zero_point;
  }
  // The quotient is zero for rows of zeros, and for those whose largest number is among the smallest floats.
  *scale = *scale > 0 ? *scale : 1.1920929e-07f;
}

PARE_BODY void fake_quantize_rows_body(float *x, size_t rows, size_t columns, pare_scale_rule rule, pare_grid grid) {
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * columns;
    float scale, zero_point;
    row_point(row, columns, rule, grid, &scale, &zero_point);
    switch (grid.code) {
    case PARE_FLOAT8:
      for (size_t c = 0; c < columns; c++) row[c] = from_float8(to_float8(clamped(row[c] / scale, grid))) * scale;
      break;
    case PARE_FLOAT4:
      for (size_t c = 0; c < columns; c++) row[c] = from_float4(to_float4(row[c] / scale)) * scale;
      break;
    case PARE_INTEGER:
      for (size_t c = 0; c < columns; c++)
        row[c] = (round_to_even(clamped(row[c] / scale + zero_point, grid)) - zero_point) * scale;
    }
  }
}
PARE_LEVELS(void, fake_quantize_rows, (float *x, size_t rows, size_t columns, pare_scale_rule rule, pare_grid grid),
            (x, rows, columns, rule, grid))

void pare_fake_quantize_rows(pare_level level, float *x, size_t rows, size_t columns, pare_scale_rule rule,
                             pare_grid grid) {
  PARE_AT(level, fake_quantize_rows, (x, rows, columns, rule, grid));
}

PARE_BODY void pack_int4_body(const int8_t *codes, size_t columns, uint32_t *words) {
  size_t whole = columns / 8;
  for (size_t w = 0; w < whole; w++) {
    uint32_t word = 0;
    for (size_t i = 0; i < 8; i++) word |= (uint32_t)((codes[8 * w + i] + 8) & 15) << (4 * i);
    words[w] = word;
  }
  if (columns % 8) {
    uint32_t word = 0;
    for (size_t i = 0; i < columns % 8; i++) word |= (uint32_t)((codes[8 * whole + i] + 8) & 15) << (4 * i);
    words[whole] = word;
  }
}
PARE_LEVELS(void, pack_int4, (const int8_t *codes, size_t columns, uint32_t *words), (codes, columns, words))

void pare_pack_int4(pare_level level, const int8_t *codes, size_t columns, uint32_t *words) {
  PARE_AT(level, pack_int4, (codes, columns, words));
}
