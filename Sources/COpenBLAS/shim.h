#pragma once
#include <cblas.h>
// Debian builds OpenBLAS without LAPACKE but exports LAPACK itself; const lets Swift pass one order twice.
void spotrf_(const char *uplo, const int *n, float *a, const int *lda, int *info);
void spotri_(const char *uplo, const int *n, float *a, const int *lda, int *info);
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info);
