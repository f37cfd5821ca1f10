#pragma once
#include <oneapi/dnnl/dnnl.h>
// oneDNN on Debian computes on OpenMP's threads; setting their number concerns the calling thread only. Weak, because a
// build of oneDNN on another thread pool does not have it.
__attribute__((weak)) void omp_set_num_threads(int count);
static inline void pare_stay_on_this_thread(void) {
  if (omp_set_num_threads) omp_set_num_threads(1);
}
