#include "CSimdJSON.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <simdjson.h>

struct csimdjson_document {
  simdjson::dom::document document;
};

extern "C" {

csimdjson_outcome csimdjson_parse(
    const uint8_t *bytes, size_t count, size_t maximum_depth, csimdjson_document **document) {
  *document = nullptr;
  auto *owned = new (std::nothrow) csimdjson_document;
  if (owned == nullptr) return csimdjson_out_of_memory;
  simdjson::error_code error;
  {
    simdjson::dom::parser parser;
    error = parser.allocate(count, maximum_depth);
    if (!error) error = parser.parse_into_document(owned->document, bytes, count, true).error();
  }
  if (!error) {
    *document = owned;
    return csimdjson_ok;
  }
  delete owned;
  if (error == simdjson::MEMALLOC) return csimdjson_out_of_memory;
  if (error == simdjson::CAPACITY) return csimdjson_too_large;
  return csimdjson_malformed;
}

const uint64_t *csimdjson_tape(const csimdjson_document *document) { return document->document.tape.get(); }

const uint8_t *csimdjson_strings(const csimdjson_document *document) { return document->document.string_buf.get(); }

void csimdjson_free(csimdjson_document *document) { delete document; }

bool csimdjson_integer_is_exact(const char *text, size_t count) {
  // The largest double has 309 digits; one more byte for the sign and one for the terminator.
  char given[311];
  char exact[311];
  if (count >= sizeof given) return false;
  std::memcpy(given, text, count);
  given[count] = 0;
  double value = std::strtod(given, nullptr);
  if (!std::isfinite(value)) return false;
  int length = std::snprintf(exact, sizeof exact, "%.0f", value);
  return length == static_cast<int>(count) && std::memcmp(given, exact, count) == 0;
}

}
