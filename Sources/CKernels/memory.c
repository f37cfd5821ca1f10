#include "CKernels.h"
#include <stdlib.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

void pare_return_large_blocks(size_t bytes) {
#if defined(__GLIBC__)
  // Set by hand, neither of the two is raised by what is freed.
  mallopt(M_MMAP_THRESHOLD, (int)bytes);
  mallopt(M_TRIM_THRESHOLD, (int)(2 * bytes));
#else
  (void)bytes;
#endif
}
