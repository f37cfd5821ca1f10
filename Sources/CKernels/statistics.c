#include "numbers.h"

PARE_BODY void channel_statistics_body(const float *restrict x, size_t rows, size_t stride, size_t columns,
                                       float *restrict minima, float *restrict maxima, float *restrict magnitudes,
                                       float *restrict squares) {
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * stride;
    for (size_t c = 0; c < columns; c++) {
      float value = row[c];
      minima[c] = value < minima[c] ? value : minima[c];
      maxima[c] = value > maxima[c] ? value : maxima[c];
      magnitudes[c] += value < 0 ? -value : value;
      squares[c] += value * value;
    }
  }
}
PARE_LEVELS(void, channel_statistics,
            (const float *restrict x, size_t rows, size_t stride, size_t columns, float *restrict minima,
             float *restrict maxima, float *restrict magnitudes, float *restrict squares),
            (x, rows, stride, columns, minima, maxima, magnitudes, squares))

void pare_channel_statistics(pare_level level, const float *x, size_t rows, size_t stride, size_t columns, float *minima,
                             float *maxima, float *magnitudes, float *squares) {
  PARE_AT(level, channel_statistics, (x, rows, stride, columns, minima, maxima, magnitudes, squares));
}
