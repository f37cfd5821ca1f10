// The preprocessor embeds these texts in milliseconds; as Swift array literals they take the compiler many seconds.
#pragma clang diagnostic ignored "-Wc23-extensions"
#include "CReferenceTexts.h"

static const uint8_t modifiers[] = {
#embed "../../grammar/prose/modifiers.yaml"
};
static const uint8_t schemes[] = {
#embed "../../grammar/prose/schemes.yaml"
};
static const uint8_t observers[] = {
#embed "../../grammar/prose/observers.yaml"
};
static const uint8_t formats[] = {
#embed "../../grammar/prose/formats.yaml"
};
static const uint8_t arguments[] = {
#embed "../../grammar/prose/arguments.yaml"
};
static const uint8_t structure[] = {
#embed "../../grammar/prose/structure.yaml"
};
static const uint8_t diagnostics[] = {
#embed "../../docs/reference/diagnostics.md"
};

creference_text creference_prose_of_modifiers(void) { return (creference_text){modifiers, sizeof modifiers}; }
creference_text creference_prose_of_schemes(void) { return (creference_text){schemes, sizeof schemes}; }
creference_text creference_prose_of_observers(void) { return (creference_text){observers, sizeof observers}; }
creference_text creference_prose_of_formats(void) { return (creference_text){formats, sizeof formats}; }
creference_text creference_prose_of_arguments(void) { return (creference_text){arguments, sizeof arguments}; }
creference_text creference_prose_of_structure(void) { return (creference_text){structure, sizeof structure}; }
creference_text creference_diagnostic_pages(void) { return (creference_text){diagnostics, sizeof diagnostics}; }
