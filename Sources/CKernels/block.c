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

PARE_BODY void layer_norm_body(const float *x, const float *weight, const float *bias, float *out, size_t rows,
                               size_t columns, float epsilon) {
  for (size_t r = 0; r < rows; r++) {
    const float *in = x + r * columns;
    float sum = 0, squares = 0;
    {
#pragma clang fp reassociate(on) contract(fast)
      for (size_t c = 0; c < columns; c++) sum += in[c];
    }
    float mean = sum / (float)columns;
    {
#pragma clang fp reassociate(on) contract(fast)
      for (size_t c = 0; c < columns; c++) squares += (in[c] - mean) * (in[c] - mean);
    }
    float factor = 1.0f / sqrtf(squares / (float)columns + epsilon);
    for (size_t c = 0; c < columns; c++) out[r * columns + c] = (in[c] - mean) * factor * weight[c] + bias[c];
  }
}
PARE_LEVELS(void, layer_norm,
            (const float *x, const float *weight, const float *bias, float *out, size_t rows, size_t columns,
             float epsilon),
            (x, weight, bias, out, rows, columns, epsilon))

void pare_layer_norm(pare_level level, const float *x, const float *weight, const float *bias, float *out, size_t rows,
                     size_t columns, float epsilon) {
  PARE_AT(level, layer_norm, (x, weight, bias, out, rows, columns, epsilon));
}

PARE_BODY void rotate_body(float *x, const float *cosines, const float *sines, size_t rows, size_t stride, size_t heads,
                           size_t head_stride, size_t width) {
  size_t half = width / 2;
  for (size_t r = 0; r < rows; r++) {
    const float *cosine = cosines + r * half, *sine = sines + r * half;
    for (size_t h = 0; h < heads; h++) {
      float *low = x + r * stride + h * head_stride, *high = low + half;
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
             size_t head_stride, size_t width),
            (x, cosines, sines, rows, stride, heads, head_stride, width))

void pare_rotate(pare_level level, float *x, const float *cosines, const float *sines, size_t rows, size_t stride,
                 size_t heads, size_t head_stride, size_t width) {
  PARE_AT(level, rotate, (x, cosines, sines, rows, stride, heads, head_stride, width));
}

PARE_BODY void rotate_pairs_body(float *x, const float *cosines, const float *sines, size_t rows, size_t stride,
                                 size_t heads, size_t head_stride, size_t width) {
  size_t half = width / 2;
  for (size_t r = 0; r < rows; r++) {
    const float *cosine = cosines + r * half, *sine = sines + r * half;
    for (size_t h = 0; h < heads; h++) {
      float *pair = x + r * stride + h * head_stride;
      for (size_t i = 0; i < half; i++, pair += 2) {
        float a = pair[0], b = pair[1];
        pair[0] = a * cosine[i] - b * sine[i];
        pair[1] = b * cosine[i] + a * sine[i];
      }
    }
  }
}
PARE_LEVELS(void, rotate_pairs,
            (float *x, const float *cosines, const float *sines, size_t rows, size_t stride, size_t heads,
             size_t head_stride, size_t width),
            (x, cosines, sines, rows, stride, heads, head_stride, width))

void pare_rotate_pairs(pare_level level, float *x, const float *cosines, const float *sines, size_t rows, size_t stride,
                       size_t heads, size_t head_stride, size_t width) {
  PARE_AT(level, rotate_pairs, (x, cosines, sines, rows, stride, heads, head_stride, width));
}

// tanh(x), within a few units in the last place of one.
PARE_BODY float tanh_bounded(float x) { return 1.0f - 2.0f / (exp_bounded(2.0f * x) + 1.0f); }

// Scores that are seen, scaled, capped and biased; what their differences are still to be multiplied by.
PARE_BODY float adjust(float *row, size_t start, size_t seen, float scale, float cap, const float *bias) {
  float factor = scale;
  if (cap > 0) {
    for (size_t c = start; c < seen; c++) row[c] = cap * tanh_bounded(row[c] * factor / cap);
    factor = 1;
  }
  if (bias) {
    for (size_t c = start; c < seen; c++) row[c] = row[c] * factor + bias[c];
    factor = 1;
  }
  return factor;
}

PARE_BODY void softmax_body(float *scores, size_t rows, size_t columns, size_t first, size_t window, float scale,
                            float cap, const float *bias) {
  for (size_t r = 0; r < rows; r++) {
    float *row = scores + r * columns;
    size_t seen = first + r + 1 < columns ? first + r + 1 : columns;
    size_t start = first + r + 1 > window ? first + r + 1 - window : 0;
    float factor = adjust(row, start, seen, scale, cap, bias);
    float top = largest(row[start], row + start, seen - start);
    float sum = 0;
    {
#pragma clang fp reassociate(on)
      for (size_t c = start; c < seen; c++) {
        float value = exp_bounded((row[c] - top) * factor);
        row[c] = value;
        sum += value;
      }
    }
    float share = 1.0f / sum;
    for (size_t c = start; c < seen; c++) row[c] *= share;
    for (size_t c = 0; c < start; c++) row[c] = 0;
    for (size_t c = seen; c < columns; c++) row[c] = 0;
  }
}
PARE_LEVELS(void, softmax,
            (float *scores, size_t rows, size_t columns, size_t first, size_t window, float scale, float cap,
             const float *bias),
            (scores, rows, columns, first, window, scale, cap, bias))

void pare_attention_softmax(pare_level level, float *scores, size_t rows, size_t columns, size_t first, size_t window,
                            float scale, float cap, const float *bias) {
  PARE_AT(level, softmax, (scores, rows, columns, first, window, scale, cap, bias));
}

PARE_BODY void weights_body(float *scores, size_t rows, size_t columns, size_t first, size_t window, float scale, float cap,
                            const float *bias, uint16_t *weights, size_t stride, float *shares) {
  for (size_t r = 0; r < rows; r++) {
    float *restrict row = scores + r * columns;
    uint16_t *restrict line = weights + r * stride;
    size_t seen = first + r + 1 < columns ? first + r + 1 : columns;
    size_t start = first + r + 1 > window ? first + r + 1 - window : 0;
    float factor = adjust(row, start, seen, scale, cap, bias);
    float top = largest(row[start], row + start, seen - start);
    float sum = 0;
    {
#pragma clang fp reassociate(on)
      for (size_t c = start; c < seen; c++) {
        float value = exp_bounded((row[c] - top) * factor);
        sum += value;
        line[c] = (uint16_t)(to_bfloat16_bits(value) >> 16);
      }
    }
    shares[r] = 1.0f / sum;
    for (size_t c = 0; c < start; c++) line[c] = 0;
    for (size_t c = seen; c < columns + columns % 2; c++) line[c] = 0;
  }
}
PARE_LEVELS(void, weights,
            (float *scores, size_t rows, size_t columns, size_t first, size_t window, float scale, float cap,
             const float *bias, uint16_t *weights, size_t stride, float *shares),
            (scores, rows, columns, first, window, scale, cap, bias, weights, stride, shares))

void pare_attention_weights(pare_level level, float *scores, size_t rows, size_t columns, size_t first, size_t window,
                            float scale, float cap, const float *bias, uint16_t *weights, size_t stride, float *shares) {
  PARE_AT(level, weights, (scores, rows, columns, first, window, scale, cap, bias, weights, stride, shares));
}

PARE_BODY void scale_rows_body(float *x, size_t rows, size_t stride, size_t columns, const float *factors) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) x[r * stride + c] *= factors[r];
}
PARE_LEVELS(void, scale_rows, (float *x, size_t rows, size_t stride, size_t columns, const float *factors),
            (x, rows, stride, columns, factors))

void pare_scale_rows(pare_level level, float *x, size_t rows, size_t stride, size_t columns, const float *factors) {
  PARE_AT(level, scale_rows, (x, rows, stride, columns, factors));
}

PARE_BODY void cap_body(float *x, size_t count, float cap) {
  for (size_t i = 0; i < count; i++) x[i] = cap * tanh_bounded(x[i] / cap);
}
PARE_LEVELS(void, cap, (float *x, size_t count, float cap), (x, count, cap))

void pare_cap(pare_level level, float *x, size_t count, float cap) { PARE_AT(level, cap, (x, count, cap)); }

// Abramowitz and Stegun, 7.1.26: within 1.5e-7 of erf(x).
PARE_BODY float erf_bounded(float x) {
  float magnitude = x < 0 ? -x : x;
  float t = 1.0f / (1.0f + 0.3275911f * magnitude);
  float p = 1.061405429f;
  p = p * t - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  float value = 1.0f - p * t * exp_bounded(-magnitude * magnitude);
  return x < 0 ? -value : value;
}

PARE_BODY float silu(float x) { return x / (1.0f + exp_bounded(-x)); }
PARE_BODY float gelu(float x) { return 0.5f * x * (1.0f + erf_bounded(x * 0.70710678118654752f)); }
PARE_BODY float gelu_tanh(float x) {
  return 0.5f * x * (1.0f + tanh_bounded(0.79788456080286536f * (x + 0.044715f * x * x * x)));
}
PARE_BODY float relu(float x) { return x > 0 ? x : 0; }

#define PARE_ACTIVATION(name, function)                                                                          \
  PARE_BODY void name##_product_body(float *restrict gate, const float *restrict up, size_t count) {             \
    for (size_t i = 0; i < count; i++) gate[i] = function(gate[i]) * up[i];                                      \
  }                                                                                                              \
  PARE_LEVELS(void, name##_product, (float *restrict gate, const float *restrict up, size_t count),              \
              (gate, up, count))                                                                                 \
  PARE_BODY void name##_body(float *x, size_t count) {                                                           \
    for (size_t i = 0; i < count; i++) x[i] = function(x[i]);                                                    \
  }                                                                                                              \
  PARE_LEVELS(void, name, (float *x, size_t count), (x, count))

PARE_ACTIVATION(apply_silu, silu)
PARE_ACTIVATION(apply_gelu, gelu)
PARE_ACTIVATION(apply_gelu_tanh, gelu_tanh)
PARE_ACTIVATION(apply_relu, relu)

void pare_activation_product(pare_level level, pare_activation activation, float *gate, const float *up, size_t count) {
  switch (activation) {
  case PARE_SILU: PARE_AT(level, apply_silu_product, (gate, up, count)); break;
  case PARE_GELU: PARE_AT(level, apply_gelu_product, (gate, up, count)); break;
  case PARE_GELU_TANH: PARE_AT(level, apply_gelu_tanh_product, (gate, up, count)); break;
  case PARE_RELU: PARE_AT(level, apply_relu_product, (gate, up, count)); break;
  }
}

void pare_activate(pare_level level, pare_activation activation, float *x, size_t count) {
  switch (activation) {
  case PARE_SILU: PARE_AT(level, apply_silu, (x, count)); break;
  case PARE_GELU: PARE_AT(level, apply_gelu, (x, count)); break;
  case PARE_GELU_TANH: PARE_AT(level, apply_gelu_tanh, (x, count)); break;
  case PARE_RELU: PARE_AT(level, apply_relu, (x, count)); break;
  }
}

PARE_BODY void add_scaled_body(float *restrict x, const float *restrict y, float factor, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] += factor * y[i];
}
PARE_LEVELS(void, add_scaled, (float *restrict x, const float *restrict y, float factor, size_t count),
            (x, y, factor, count))

void pare_add_scaled(pare_level level, float *x, const float *y, float factor, size_t count) {
  PARE_AT(level, add_scaled, (x, y, factor, count));
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
  float top = largest(x[0], x, count);
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
