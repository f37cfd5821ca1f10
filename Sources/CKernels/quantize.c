#include "numbers.h"
#include <math.h>

PARE_BODY float clamped(float x, pare_grid grid) {
  x = x < grid.minimum ? grid.minimum : x;
  return x > grid.maximum ? grid.maximum : x;
}

PARE_BODY void ranges_body(const float *x, size_t count, size_t width, float *minima, float *maxima) {
  for (size_t start = 0, run = 0; start < count; start += width, run++) {
    size_t end = start + width < count ? start + width : count;
    float low = x[start], high = x[start];
    for (size_t i = start; i < end; i++) {
      low = x[i] < low ? x[i] : low;
      high = x[i] > high ? x[i] : high;
    }
    minima[run] = low;
    maxima[run] = high;
  }
}
PARE_LEVELS(void, ranges, (const float *x, size_t count, size_t width, float *minima, float *maxima),
            (x, count, width, minima, maxima))

void pare_ranges(pare_level level, const float *x, size_t count, size_t width, float *minima, float *maxima) {
  PARE_AT(level, ranges, (x, count, width, minima, maxima));
}

PARE_BODY void quantize_body(const float *x, size_t count, float scale, float zero_point, pare_grid grid,
                             uint8_t *codes) {
  if (grid.is_float8)
    for (size_t i = 0; i < count; i++) codes[i] = to_float8(clamped(x[i] / scale, grid));
  else
    for (size_t i = 0; i < count; i++)
      codes[i] = (uint8_t)(int32_t)round_to_even(clamped(x[i] / scale + zero_point, grid));
}
PARE_LEVELS(void, quantize,
            (const float *x, size_t count, float scale, float zero_point, pare_grid grid, uint8_t *codes),
            (x, count, scale, zero_point, grid, codes))

void pare_quantize(pare_level level, const float *x, size_t count, float scale, float zero_point, pare_grid grid,
                   uint8_t *codes) {
  PARE_AT(level, quantize, (x, count, scale, zero_point, grid, codes));
}

PARE_BODY void dequantize_body(const uint8_t *codes, size_t count, float scale, float zero_point, int32_t is_float8,
                               float *x) {
  if (is_float8)
    for (size_t i = 0; i < count; i++) x[i] = from_float8(codes[i]) * scale;
  else
    for (size_t i = 0; i < count; i++) x[i] = ((float)(int8_t)codes[i] - zero_point) * scale;
}
PARE_LEVELS(void, dequantize,
            (const uint8_t *codes, size_t count, float scale, float zero_point, int32_t is_float8, float *x),
            (codes, count, scale, zero_point, is_float8, x))

void pare_dequantize(pare_level level, const uint8_t *codes, size_t count, float scale, float zero_point,
                     int32_t is_float8, float *x) {
  PARE_AT(level, dequantize, (codes, count, scale, zero_point, is_float8, x));
}

// The grid point nearest to x, as a number; x is already divided by its scale and shifted by its zero point.
PARE_BODY float rounded(float x, pare_grid grid) {
  float value = clamped(x, grid);
  return grid.is_float8 ? from_float8(to_float8(value)) : round_to_even(value);
}

PARE_BODY float quantization_error_body(const float *x, size_t count, float scale, float zero_point, pare_grid grid,
                                        float power) {
  float sum = 0;
  for (size_t i = 0; i < count; i++) {
    float value = (rounded(x[i] / scale + zero_point, grid) - zero_point) * scale;
    sum += powf(fabsf(value - x[i]), power);
  }
  return sum;
}
PARE_LEVELS(float, quantization_error,
            (const float *x, size_t count, float scale, float zero_point, pare_grid grid, float power),
            (x, count, scale, zero_point, grid, power))

float pare_quantization_error(pare_level level, const float *x, size_t count, float scale, float zero_point,
                              pare_grid grid, float power) {
  return PARE_AT(level, quantization_error, (x, count, scale, zero_point, grid, power));
}

PARE_BODY void fake_quantize_rows_body(float *x, size_t rows, size_t columns, float half_range, pare_grid grid) {
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * columns;
    float top = 0;
    for (size_t c = 0; c < columns; c++) {
      float magnitude = fabsf(row[c]);
      top = magnitude > top ? magnitude : top;
    }
    // The quotient is zero for rows of zeros, and for those whose largest number is among the smallest floats.
    float scale = top / half_range;
    scale = scale > 0 ? scale : 1.1920929e-07f;
    if (grid.is_float8)
      for (size_t c = 0; c < columns; c++) row[c] = from_float8(to_float8(clamped(row[c] / scale, grid))) * scale;
    else
      for (size_t c = 0; c < columns; c++) row[c] = round_to_even(clamped(row[c] / scale, grid)) * scale;
  }
}
PARE_LEVELS(void, fake_quantize_rows, (float *x, size_t rows, size_t columns, float half_range, pare_grid grid),
            (x, rows, columns, half_range, grid))

void pare_fake_quantize_rows(pare_level level, float *x, size_t rows, size_t columns, float half_range,
                             pare_grid grid) {
  PARE_AT(level, fake_quantize_rows, (x, rows, columns, half_range, grid));
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
