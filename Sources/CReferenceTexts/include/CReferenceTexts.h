#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A file's bytes as they were when Pare was built.
typedef struct creference_text {
  const uint8_t *bytes;
  size_t count;
} creference_text;

// The files of grammar/prose.
creference_text creference_prose_of_modifiers(void);
creference_text creference_prose_of_schemes(void);
creference_text creference_prose_of_observers(void);
creference_text creference_prose_of_formats(void);
creference_text creference_prose_of_arguments(void);
creference_text creference_prose_of_structure(void);

// docs/reference/diagnostics.md.
creference_text creference_diagnostic_pages(void);

#ifdef __cplusplus
}
#endif
