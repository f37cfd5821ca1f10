#include "numbers.h"

// Some channels at a time stay in registers while all rows go by.
enum { CHANNELS = 32 };

#define PARE_CHANNEL_STATISTICS(name, type, load)                                                                      \
  PARE_BODY void name##_run(const type *restrict x, size_t rows, size_t stride, const size_t columns,                  \
                            float *restrict minima, float *restrict maxima, float *restrict magnitudes,                \
                            float *restrict squares) {                                                                 \
    float low[CHANNELS], high[CHANNELS], sum[CHANNELS], square[CHANNELS];                                              \
    for (size_t c = 0; c < columns; c++) {                                                                             \
      low[c] = minima[c];                                                                                              \
      high[c] = maxima[c];                                                                                             \
      sum[c] = magnitudes[c];                                                                                          \
      square[c] = squares[c];                                                                                          \
    }                                                                                                                  \
    for (size_t r = 0; r < rows; r++)                                                                                  \
      for (size_t c = 0; c < columns; c++) {                                                                           \
        float value = load(x[r * stride + c]);                                                                         \
        low[c] = value < low[c] ? value : low[c];                                                                      \
        high[c] = value > high[c] ? value : high[c];                                                                   \
        sum[c] += value < 0 ? -value : value;                                                                          \
        square[c] += value * value;                                                                                    \
      }                                                                                                                \
    for (size_t c = 0; c < columns; c++) {                                                                             \
      minima[c] = low[c];                                                                                              \
      maxima[c] = high[c];                                                                                             \
      magnitudes[c] = sum[c];                                                                                          \
      squares[c] = square[c];                                                                                          \
    }                                                                                                                  \
  }                                                                                                                    \
  PARE_BODY void name##_body(const type *restrict x, size_t rows, size_t stride, size_t columns,                       \
                             float *restrict minima, float *restrict maxima, float *restrict magnitudes,               \
                             float *restrict squares) {                                                                \
    size_t c = 0;                                                                                                      \
    for (; c + CHANNELS <= columns; c += CHANNELS)                                                                     \
      name##_run(x + c, rows, stride, CHANNELS, minima + c, maxima + c, magnitudes + c, squares + c);                  \
    if (c < columns) name##_run(x + c, rows, stride, columns - c, minima + c, maxima + c, magnitudes + c, squares + c); \
  }                                                                                                                    \
  PARE_LEVELS(void, name,                                                                                              \
              (const type *restrict x, size_t rows, size_t stride, size_t columns, float *restrict minima,             \
               float *restrict maxima, float *restrict magnitudes, float *restrict squares),                           \
              (x, rows, stride, columns, minima, maxima, magnitudes, squares))                                         \
  void pare_##name(pare_level level, const type *x, size_t rows, size_t stride, size_t columns, float *minima,         \
                   float *maxima, float *magnitudes, float *squares) {                                                 \
    PARE_AT(level, name, (x, rows, stride, columns, minima, maxima, magnitudes, squares));                             \
  }

#define PARE_FLOAT(x) (x)
#define PARE_BFLOAT16(x) bits_to_float((uint32_t)(x) << 16)
PARE_CHANNEL_STATISTICS(channel_statistics, float, PARE_FLOAT)
PARE_CHANNEL_STATISTICS(channel_statistics_bfloat16, uint16_t, PARE_BFLOAT16)

PARE_BODY void difference_body(const float *restrict x, const float *restrict y, size_t count, double *restrict error,
                               double *restrict energy, size_t *restrict zeros) {
  enum { LANES = 16 };
  double errors[LANES] = {0}, energies[LANES] = {0};
  uint32_t zeroes[LANES] = {0};
  size_t whole = count - count % LANES;
  for (size_t i = 0; i < whole; i += LANES)
    for (size_t l = 0; l < LANES; l++) {
      float value = x[i + l], difference = value - y[i + l];
      errors[l] += (double)(difference * difference);
      energies[l] += (double)(value * value);
      zeroes[l] += y[i + l] == 0;
    }
  for (size_t l = 0; l < count - whole; l++) {
    float value = x[whole + l], difference = value - y[whole + l];
    errors[l] += (double)(difference * difference);
    energies[l] += (double)(value * value);
    zeroes[l] += y[whole + l] == 0;
  }
  *error = *energy = 0;
  *zeros = 0;
  for (size_t l = 0; l < LANES; l++) {
    *error += errors[l];
    *energy += energies[l];
    *zeros += zeroes[l];
  }
}
PARE_LEVELS(void, difference,
            (const float *restrict x, const float *restrict y, size_t count, double *restrict error,
             double *restrict energy, size_t *restrict zeros),
            (x, y, count, error, energy, zeros))

void pare_difference(pare_level level, const float *x, const float *y, size_t count, double *error, double *energy,
                     size_t *zeros) {
  PARE_AT(level, difference, (x, y, count, error, energy, zeros));
}

PARE_BODY double inner_product_body(const float *restrict x, const float *restrict y, size_t count) {
  enum { LANES = 16 };
  double sums[LANES] = {0};
  size_t whole = count - count % LANES;
  for (size_t i = 0; i < whole; i += LANES)
    for (size_t l = 0; l < LANES; l++) sums[l] += (double)(x[i + l] * y[i + l]);
  for (size_t l = 0; l < count - whole; l++) sums[l] += (double)(x[whole + l] * y[whole + l]);
  double sum = 0;
  for (size_t l = 0; l < LANES; l++) sum += sums[l];
  return sum;
}
PARE_LEVELS(double, inner_product, (const float *restrict x, const float *restrict y, size_t count), (x, y, count))

double pare_inner_product(pare_level level, const float *x, const float *y, size_t count) {
  return PARE_AT(level, inner_product, (x, y, count));
}

PARE_BODY void multiply_columns_body(float *restrict x, size_t rows, size_t columns, const float *restrict factors) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) x[r * columns + c] *= factors[c];
}
PARE_LEVELS(void, multiply_columns, (float *restrict x, size_t rows, size_t columns, const float *restrict factors),
            (x, rows, columns, factors))

void pare_multiply_columns(pare_level level, float *x, size_t rows, size_t columns, const float *factors) {
  PARE_AT(level, multiply_columns, (x, rows, columns, factors));
}
