#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A parsed document: simdjson's tape (its doc/tape.md) and the strings that the tape points into.
typedef struct csimdjson_document csimdjson_document;

// What a parse came to; every other simdjson error is csimdjson_malformed.
typedef enum csimdjson_outcome {
  csimdjson_ok,
  csimdjson_malformed,
  csimdjson_out_of_memory,
  csimdjson_too_large,
} csimdjson_outcome;

// Parses count bytes. On csimdjson_ok *document is owned by the caller and ends with csimdjson_free.
csimdjson_outcome csimdjson_parse(
    const uint8_t *bytes, size_t count, size_t maximum_depth, csimdjson_document **document);

const uint64_t *csimdjson_tape(const csimdjson_document *document);
const uint8_t *csimdjson_strings(const csimdjson_document *document);
void csimdjson_free(csimdjson_document *document);

// Whether the decimal integer written in count bytes (an optional minus, then digits) equals some double.
bool csimdjson_integer_is_exact(const char *text, size_t count);

#ifdef __cplusplus
}
#endif
