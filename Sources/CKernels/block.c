#include "numbers.h"
#include <math.h>

PARE_BODY void rms_norm_body(const float *x, const float *weight, float *out, size_t rows, size_t columns,
                             float epsilon) {
  for (size_t r = 0; r < rows; r++) {
    const float *in = x + r * columns;
    float sum = 0;
    {
#pragma clang fp reassociate(on) contract(fast)
      for (size_t c = 0; c < columns; c++) sum += in[c] * in[c];
    }
    float factor = 1.0f / sqrtf(sum / (float)columns + epsilon);
    for (size_t c = 0; c < columns; c++) out[r * columns + c] = in[c] * factor * weight[c];
  }
}
PARE_LEVELS(void, rms_norm,
            (const float *x, const float *weight, float *out, size_t rows, size_t columns, float epsilon),
            (x, weight, out, rows, columns, epsilon))

void pare_rms_norm(pare_level level, const float *x, const float *weight, float *out, size_t rows, size_t columns,
                   float epsilon) {
  PARE_AT(level, rms_norm, (x, weight, out, rows, columns, epsilon));
}

PARE_BODY void rotate_body(float *x, const float *cosines, const float *sines, size_t rows, size_t stride, size_t heads,
                           size_t dimension) {
  size_t half = dimension / 2;
  for (size_t r = 0; r < rows; r++) {
    const float *cosine = cosines + r * half, *sine = sines + r * half;
    for (size_t h = 0; h < heads; h++) {
      float *low = x + r * stride + h * dimension, *high = low + half;
      for (size_t i = 0; i < half; i++) {
        float a = low[i], b = high[i];
        low[i] = a * cosine[i] - b * sine[i];
        high[i] = b * cosine[i] + a * sine[i];
      }
    }
  }
}
PARE_LEVELS(void, rotate,
            (float *x, const float *cosines, const float *sines, size_t rows, size_t stride, size_t heads,
             size_t dimension),
            (x, cosines, sines, rows, stride, heads, dimension))

void pare_rotate(pare_level level, float *x, const float *cosines, const float *sines, size_t rows, size_t stride,
                 size_t heads, size_t dimension) {
  PARE_AT(level, rotate, (x, cosines, sines, rows, stride, heads, dimension));
}

PARE_BODY void causal_softmax_body(float *scores, size_t rows, size_t columns, size_t first, float scale) {
  for (size_t r = 0; r < rows; r++) {
    float *row = scores + r * columns;
    size_t seen = first + r + 1 < columns ? first + r + 1 : columns;
    float top = largest(row, seen);
    for (size_t c = 0; c < seen; c++) row[c] = exp_bounded((row[c] - top) * scale);
    float sum = 0;
    {
#pragma clang fp reassociate(on)
      for (size_t c = 0; c < seen; c++) sum += row[c];
    }
    float factor = 1.0f / sum;
    for (size_t c = 0; c < seen; c++) row[c] *= factor;
    for (size_t c = seen; c < columns; c++) row[c] = 0;
  }
}
PARE_LEVELS(void, causal_softmax, (float *scores, size_t rows, size_t columns, size_t first, float scale),
            (scores, rows, columns, first, scale))

void pare_causal_softmax(pare_level level, float *scores, size_t rows, size_t columns, size_t first, float scale) {
  PARE_AT(level, causal_softmax, (scores, rows, columns, first, scale));
}

PARE_BODY void silu_product_body(float *restrict gate, const float *restrict up, size_t count) {
  for (size_t i = 0; i < count; i++) gate[i] = gate[i] / (1.0f + exp_bounded(-gate[i])) * up[i];
}
PARE_LEVELS(void, silu_product, (float *restrict gate, const float *restrict up, size_t count), (gate, up, count))

void pare_silu_product(pare_level level, float *gate, const float *up, size_t count) {
  PARE_AT(level, silu_product, (gate, up, count));
}

PARE_BODY void add_bias_body(float *x, const float *bias, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) x[r * columns + c] += bias[c];
}
PARE_LEVELS(void, add_bias, (float *x, const float *bias, size_t rows, size_t columns), (x, bias, rows, columns))

void pare_add_bias(pare_level level, float *x, const float *bias, size_t rows, size_t columns) {
  PARE_AT(level, add_bias, (x, bias, rows, columns));
}

PARE_BODY float log_sum_exp_body(const float *x, size_t count) {
  float top = largest(x, count);
  float sum = 0;
  {
#pragma clang fp reassociate(on)
    for (size_t i = 0; i < count; i++) sum += exp_bounded(x[i] - top);
  }
  return top + logf(sum);
}
PARE_LEVELS(float, log_sum_exp, (const float *x, size_t count), (x, count))

float pare_log_sum_exp(pare_level level, const float *x, size_t count) {
  return PARE_AT(level, log_sum_exp, (x, count));
}
