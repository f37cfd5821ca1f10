#pragma once
#include <cblas.h>
// Debian builds OpenBLAS without LAPACKE but exports LAPACK itself; const lets Swift pass one order twice.
void spotrf_(const char *uplo, const int *n, float *a, const int *lda, int *info);
void strtri_(const char *uplo, const char *diag, const int *n, float *a, const int *lda, int *info);
