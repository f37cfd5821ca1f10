#include "numbers.h"

enum { LANES = PARE_GPTQ_LANES };

size_t pare_gptq_scratch(size_t width) { return width * width + 2 * width * LANES; }

// One panel of LANES rows, held column by column so that every step works on LANES weights at once. Errors are applied
// when a column's turn comes (left-looking): each column then is read and written once.
PARE_BODY double gptq_sweep_body(float *weights, size_t weight_stride, size_t rows, size_t width, const float *factor,
                                 size_t factor_stride, const float *scales, const float *zero_points, size_t groups,
                                 const int32_t *group_of, const uint8_t *kept, size_t kept_stride, pare_grid grid,
                                 uint8_t *codes, size_t code_stride, float *errors, float *scratch) {
  float *transposed = scratch;                     // [width, width], factor's columns as rows
  float *panel = transposed + width * width;       // [width, LANES]
  float *error = panel + width * LANES;            // [width, LANES]
  for (size_t j = 0; j < width; j++)
    for (size_t i = 0; i <= j; i++) transposed[j * width + i] = factor[i * factor_stride + j];

  double total = 0;
  for (size_t first = 0; first < rows; first += LANES) {
    size_t lanes = rows - first < LANES ? rows - first : LANES;
    for (size_t l = 0; l < LANES; l++)
      for (size_t j = 0; j < width; j++)
        panel[j * LANES + l] = l < lanes ? weights[(first + l) * weight_stride + j] : 0.0f;
    float scale[LANES], zero_point[LANES], keep[LANES], losses[LANES];
    for (size_t l = 0; l < LANES; l++) {
      scale[l] = 1.0f;
      zero_point[l] = 0.0f;
      keep[l] = 1.0f;
      losses[l] = 0.0f;
    }
    int32_t group = -1;
    for (size_t j = 0; j < width; j++) {
      float value[LANES];
      for (size_t l = 0; l < LANES; l++) value[l] = panel[j * LANES + l];
      const float *column = transposed + j * width;
      for (size_t i = 0; i < j; i++) {
#pragma clang fp contract(fast)
        for (size_t l = 0; l < LANES; l++) value[l] -= error[i * LANES + l] * column[i];
      }
      if (group_of[j] != group) {
        group = group_of[j];
        for (size_t l = 0; l < lanes; l++) {
          scale[l] = scales[(first + l) * groups + (size_t)group];
          if (zero_points) zero_point[l] = zero_points[(first + l) * groups + (size_t)group];
        }
      }
      float target[LANES];
      for (size_t l = 0; l < LANES; l++) target[l] = value[l];
      if (kept) {
        for (size_t l = 0; l < lanes; l++) keep[l] = kept[(first + l) * kept_stride + j] ? 1.0f : 0.0f;
        // Chosen, not multiplied: a product with zero keeps the sign, and small floats have a code of their own for -0.
        for (size_t l = 0; l < LANES; l++) target[l] = keep[l] > 0 ? value[l] : 0.0f;
      }
      float inverse = 1.0f / column[j];
      uint8_t code[LANES];
      switch (grid.code) {
      case PARE_FLOAT8:
        for (size_t l = 0; l < LANES; l++) {
          float scaled = target[l] / scale[l];
          scaled = scaled < grid.minimum ? grid.minimum : scaled;
          scaled = scaled > grid.maximum ? grid.maximum : scaled;
          code[l] = to_float8(scaled);
          panel[j * LANES + l] = from_float8(code[l]) * scale[l];
        }
        break;
      case PARE_FLOAT4:
        for (size_t l = 0; l < LANES; l++) {
          code[l] = to_float4(target[l] / scale[l]);
          panel[j * LANES + l] = from_float4(code[l]) * scale[l];
        }
        break;
      case PARE_INTEGER:
        for (size_t l = 0; l < LANES; l++) {
          float scaled = target[l] / scale[l] + zero_point[l];
          scaled = scaled < grid.minimum ? grid.minimum : scaled;
          scaled = scaled > grid.maximum ? grid.maximum : scaled;
          float whole = round_to_even(scaled);
          code[l] = (uint8_t)(int32_t)whole;
          panel[j * LANES + l] = (whole - zero_point[l]) * scale[l];
        }
      }
      for (size_t l = 0; l < LANES; l++) {
        float difference = (value[l] - panel[j * LANES + l]) * inverse;
        error[j * LANES + l] = difference;
        losses[l] += difference * difference;
      }
      for (size_t l = 0; l < lanes; l++) codes[(first + l) * code_stride + j] = code[l];
    }
    for (size_t l = 0; l < lanes; l++) {
      total += losses[l];
      for (size_t j = 0; j < width; j++) {
        weights[(first + l) * weight_stride + j] = panel[j * LANES + l];
        errors[(first + l) * width + j] = error[j * LANES + l];
      }
    }
  }
  return total;
}
PARE_LEVELS(double, gptq_sweep,
            (float *weights, size_t weight_stride, size_t rows, size_t width, const float *factor,
             size_t factor_stride, const float *scales, const float *zero_points, size_t groups,
             const int32_t *group_of, const uint8_t *kept, size_t kept_stride, pare_grid grid, uint8_t *codes,
             size_t code_stride, float *errors, float *scratch),
            (weights, weight_stride, rows, width, factor, factor_stride, scales, zero_points, groups, group_of, kept,
             kept_stride, grid, codes, code_stride, errors, scratch))

double pare_gptq_sweep(pare_level level, float *weights, size_t weight_stride, size_t rows, size_t width,
                       const float *factor, size_t factor_stride, const float *scales, const float *zero_points,
                       size_t groups, const int32_t *group_of, const uint8_t *kept, size_t kept_stride, pare_grid grid,
                       uint8_t *codes, size_t code_stride, float *errors, float *scratch) {
  return PARE_AT(level, gptq_sweep,
                 (weights, weight_stride, rows, width, factor, factor_stride, scales, zero_points, groups, group_of,
                  kept, kept_stride, grid, codes, code_stride, errors, scratch));
}
