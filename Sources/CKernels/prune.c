#include "numbers.h"

enum { LANES = PARE_GPTQ_LANES, LARGEST_SIZE = 32 };

// One panel of LANES rows, held column by column as in the sweep of GPTQ. Columns come in runs of `size` whose mask is
// chosen together, when all errors before them have been applied; without a pattern, the mask is given and a run is one
// column.
PARE_BODY double prune_sweep_body(float *weights, size_t weight_stride, size_t rows, size_t width, const float *factor,
                                  size_t factor_stride, const float *saliency, uint8_t *kept, size_t kept_stride,
                                  size_t zeros, size_t size, float *errors, float *scratch) {
  float *transposed = scratch;                // [width, width], factor's columns as rows
  float *panel = transposed + width * width;  // [width, LANES]
  float *error = panel + width * LANES;       // [width, LANES]
  for (size_t j = 0; j < width; j++)
    for (size_t i = 0; i <= j; i++) transposed[j * width + i] = factor[i * factor_stride + j];
  size_t run = size > 0 ? size : 1;

  double total = 0;
  for (size_t first = 0; first < rows; first += LANES) {
    size_t lanes = rows - first < LANES ? rows - first : LANES;
    for (size_t l = 0; l < LANES; l++)
      for (size_t j = 0; j < width; j++)
        panel[j * LANES + l] = l < lanes ? weights[(first + l) * weight_stride + j] : 0.0f;
    float losses[LANES];
    for (size_t l = 0; l < LANES; l++) losses[l] = 0.0f;
    for (size_t start = 0; start < width; start += run) {
      size_t end = start + run < width ? start + run : width;
      for (size_t j = start; j < end; j++) {
        const float *column = transposed + j * width;
        float *value = panel + j * LANES;
        for (size_t i = 0; i < start; i++) {
#pragma clang fp contract(fast)
          for (size_t l = 0; l < LANES; l++) value[l] -= error[i * LANES + l] * column[i];
        }
      }
      if (size > 0) {
        float score[LARGEST_SIZE][LANES];
        for (size_t j = start; j < end; j++)
          for (size_t l = 0; l < LANES; l++) {
            float value = panel[j * LANES + l];
            int32_t must = l < lanes && !kept[(first + l) * kept_stride + j];
            score[j - start][l] = must ? -1.0f : value * value * saliency[j];
          }
        for (size_t j = start; j < end; j++) {
          int32_t rank[LANES];
          for (size_t l = 0; l < LANES; l++) rank[l] = 0;
          for (size_t k = start; k < end; k++)
            for (size_t l = 0; l < LANES; l++) {
              float own = score[j - start][l], other = score[k - start][l];
              rank[l] += other < own || (other == own && k < j);
            }
          for (size_t l = 0; l < lanes; l++)
            kept[(first + l) * kept_stride + j] = score[j - start][l] >= 0 && rank[l] >= (int32_t)zeros;
        }
      }
      for (size_t j = start; j < end; j++) {
        const float *column = transposed + j * width;
        float *value = panel + j * LANES;
        for (size_t i = start; i < j; i++) {
#pragma clang fp contract(fast)
          for (size_t l = 0; l < LANES; l++) value[l] -= error[i * LANES + l] * column[i];
        }
        float inverse = 1.0f / column[j];
        for (size_t l = 0; l < LANES; l++) {
          int32_t keeps = l >= lanes || kept[(first + l) * kept_stride + j];
          float difference = keeps ? 0.0f : value[l] * inverse;
          error[j * LANES + l] = difference;
          losses[l] += difference * difference;
          value[l] = keeps ? value[l] : 0.0f;
        }
      }
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
PARE_LEVELS(double, prune_sweep,
            (float *weights, size_t weight_stride, size_t rows, size_t width, const float *factor,
             size_t factor_stride, const float *saliency, uint8_t *kept, size_t kept_stride, size_t zeros, size_t size,
             float *errors, float *scratch),
            (weights, weight_stride, rows, width, factor, factor_stride, saliency, kept, kept_stride, zeros, size,
             errors, scratch))

double pare_prune_sweep(pare_level level, float *weights, size_t weight_stride, size_t rows, size_t width,
                        const float *factor, size_t factor_stride, const float *saliency, uint8_t *kept,
                        size_t kept_stride, size_t zeros, size_t size, float *errors, float *scratch) {
  return PARE_AT(level, prune_sweep,
                 (weights, weight_stride, rows, width, factor, factor_stride, saliency, kept, kept_stride, zeros, size,
                  errors, scratch));
}

// Hoare's selection with the median of three as pivot.
float pare_select(float *x, size_t count, size_t rank) {
  size_t low = 0, high = count;
  while (high - low > 1) {
    float a = x[low], b = x[low + (high - low) / 2], c = x[high - 1];
    float pivot = a < b ? (b < c ? b : (a < c ? c : a)) : (a < c ? a : (b < c ? c : b));
    // [low, less) < pivot, [less, next) == pivot, [greater, high) > pivot
    size_t less = low, next = low, greater = high;
    while (next < greater) {
      float value = x[next];
      if (value < pivot) {
        x[next++] = x[less];
        x[less++] = value;
      } else if (value > pivot) {
        x[next] = x[--greater];
        x[greater] = value;
      } else {
        next++;
      }
    }
    if (rank < less) high = less;
    else if (rank < greater) return pivot;
    else low = greater;
  }
  return x[low];
}
