#include "numbers.h"
#include <math.h>

PARE_BODY int32_t cholesky_body(float *a, size_t size, size_t stride) {
  for (size_t i = 0; i < size; i++) {
    float *row = a + i * stride;
    for (size_t j = 0; j <= i; j++) {
      const float *other = a + j * stride;
      float sum = 0;
      {
#pragma clang fp reassociate(on) contract(fast)
        for (size_t k = 0; k < j; k++) sum += row[k] * other[k];
      }
      float rest = row[j] - sum;
      if (i == j) {
        if (!(rest > 0)) return 0;
        row[i] = sqrtf(rest);
      } else {
        row[j] = rest / other[j];
      }
    }
  }
  return 1;
}
PARE_LEVELS(int32_t, cholesky, (float *a, size_t size, size_t stride), (a, size, stride))

int32_t pare_cholesky(pare_level level, float *a, size_t size, size_t stride) {
  return PARE_AT(level, cholesky, (a, size, stride));
}

PARE_BODY void invert_lower_body(const float *lower, size_t size, size_t stride, float *inverse) {
  for (size_t i = 0; i < size; i++) {
    float *row = inverse + i * size;
    for (size_t c = 0; c < size; c++) row[c] = 0;
    for (size_t k = 0; k < i; k++) {
      float weight = lower[i * stride + k];
      const float *above = inverse + k * size;
      for (size_t c = 0; c <= k; c++) row[c] -= weight * above[c];
    }
    float factor = 1.0f / lower[i * stride + i];
    for (size_t c = 0; c < i; c++) row[c] *= factor;
    row[i] = factor;
  }
}
PARE_LEVELS(void, invert_lower, (const float *lower, size_t size, size_t stride, float *inverse),
            (lower, size, stride, inverse))

void pare_invert_lower(pare_level level, const float *lower, size_t size, size_t stride, float *inverse) {
  PARE_AT(level, invert_lower, (lower, size, stride, inverse));
}
