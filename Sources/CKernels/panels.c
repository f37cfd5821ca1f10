#include "numbers.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Products of bfloat16 numbers, summed in float32; the instruction takes numbers below 2^-126 as zero. The right factor lies
// in panels: PARE_PANEL of its vectors side by side, two neighbouring elements of each together, which is what one
// instruction takes. The left factor is read two elements at a time, wherever they lie.

enum { WIDE = 16 };

typedef float floats __attribute__((vector_size(4 * WIDE), aligned(4)));
typedef uint32_t words __attribute__((vector_size(4 * WIDE), aligned(4)));

// Adds what one row has gathered to the output, or writes it.
PARE_BODY void put(const floats *sums, size_t vectors, size_t columns, float *out, int32_t accumulating) {
  for (size_t v = 0; v < vectors; v++) {
    size_t here = columns - v * WIDE < WIDE ? columns - v * WIDE : WIDE;
    float *line = out + v * WIDE;
    if (here == WIDE) {
      *(floats *)line = accumulating ? *(floats *)line + sums[v] : sums[v];
    } else {
      for (size_t c = 0; c < here; c++) line[c] = accumulating ? line[c] + sums[v][c] : sums[v][c];
    }
  }
}

// A strip of HEIGHT rows times the first WIDE * VECTORS vectors of a panel; rows from `rows` on repeat the last and are not
// written. LOAD reads a line of the panel into whatever STEP multiplies by.
#define PARE_STRIP(name, target, HEIGHT, VECTORS, LINE, LOAD, STEP)                                                    \
  target static void name(const uint32_t *left, size_t row_stride, size_t pair_stride, size_t rows,                    \
                          const uint32_t *right, size_t pairs, size_t columns, float *out, size_t stride,              \
                          int32_t accumulating) {                                                                      \
    floats sums[HEIGHT][VECTORS];                                                                                      \
    const uint32_t *row[HEIGHT];                                                                                       \
    _Pragma("clang loop unroll(full)") for (size_t r = 0; r < HEIGHT; r++) {                                           \
      row[r] = left + (r < rows ? r : rows - 1) * row_stride;                                                          \
      _Pragma("clang loop unroll(full)") for (size_t v = 0; v < VECTORS; v++) sums[r][v] = (floats){0};                \
    }                                                                                                                  \
    for (size_t p = 0; p < pairs; p++) {                                                                               \
      _Pragma("clang fp contract(fast)") LINE line[VECTORS];                                                           \
      _Pragma("clang loop unroll(full)") for (size_t v = 0; v < VECTORS; v++) line[v] =                                \
          LOAD(right + PARE_PANEL * p + v * WIDE);                                                                     \
      _Pragma("clang loop unroll(full)") for (size_t r = 0; r < HEIGHT; r++) {                                         \
        uint32_t pair = row[r][p * pair_stride];                                                                       \
        _Pragma("clang loop unroll(full)") for (size_t v = 0; v < VECTORS; v++) sums[r][v] =                           \
            STEP(sums[r][v], pair, line[v]);                                                                           \
      }                                                                                                                \
    }                                                                                                                  \
    _Pragma("clang loop unroll(full)") for (size_t r = 0; r < HEIGHT; r++) {                                           \
      if (r < rows) put(sums[r], VECTORS, columns, out + r * stride, accumulating);                                    \
    }                                                                                                                  \
  }

// Three widths of one strip, and what walks over a tile with them.
#define PARE_TILE(name, target, HEIGHT, MOST, LINE, LOAD, STEP)                                                        \
  PARE_STRIP(name##_1, target, HEIGHT, 1, LINE, LOAD, STEP)                                                            \
  PARE_STRIP(name##_2, target, HEIGHT, (MOST < 2 ? 1 : 2), LINE, LOAD, STEP)                                           \
  PARE_STRIP(name##_3, target, HEIGHT, (MOST < 3 ? 1 : 3), LINE, LOAD, STEP)                                           \
  static void name(const uint32_t *left, size_t row_stride, size_t pair_stride, size_t rows, const uint32_t *right,    \
                   size_t pairs, size_t columns, float *out, size_t stride, int32_t accumulating) {                    \
    for (size_t first = 0; first < columns; first += WIDE * MOST) {                                                    \
      size_t width = columns - first < WIDE * MOST ? columns - first : WIDE * MOST;                                    \
      for (size_t r = 0; r < rows; r += HEIGHT) {                                                                      \
        size_t height = rows - r < HEIGHT ? rows - r : HEIGHT;                                                         \
        (width > 2 * WIDE ? name##_3 : width > WIDE ? name##_2 : name##_1)(                                            \
            left + r * row_stride, row_stride, pair_stride, height, right + first, pairs, width,                       \
            out + r * stride + first, stride, accumulating);                                                           \
      }                                                                                                                \
    }                                                                                                                  \
  }

// In plain C, pairs are taken apart and multiplied as floats.
#define PARE_LOAD_WORDS(place) (*(const words *)(place))
#define PARE_PLAIN_STEP(sum, pair, line)                                                                               \
  (((sum) + bits_to_float((pair) << 16) * (floats)((line) << 16)) +                                                    \
   bits_to_float((pair) & 0xffff0000u) * (floats)((line) & 0xffff0000u))

PARE_TILE(tile_reference, , 2, 1, words, PARE_LOAD_WORDS, PARE_PLAIN_STEP)
#if defined(__x86_64__)
PARE_TILE(tile_avx2, PARE_AVX2_TARGET, 4, 1, words, PARE_LOAD_WORDS, PARE_PLAIN_STEP)
PARE_TILE(tile_avx512, PARE_AVX512_TARGET, 6, 3, words, PARE_LOAD_WORDS, PARE_PLAIN_STEP)

#define PARE_BFLOAT16_TARGET __attribute__((target("avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")))
#define PARE_LOAD_PAIRS(place) ((__m512bh)_mm512_loadu_si512(place))
#define PARE_BFLOAT16_STEP(sum, pair, line)                                                                            \
  ((floats)_mm512_dpbf16_ps((__m512)(sum), (__m512bh)_mm512_set1_epi32((int)(pair)), line))
PARE_TILE(tile_bfloat16, PARE_BFLOAT16_TARGET, 8, 3, __m512bh, PARE_LOAD_PAIRS, PARE_BFLOAT16_STEP)
#endif

void pare_multiply_panel(pare_level level, const uint32_t *left, size_t row_stride, size_t pair_stride, size_t rows,
                         const uint32_t *right, size_t pairs, size_t columns, float *out, size_t stride,
                         int32_t accumulating) {
#if defined(__x86_64__)
  (level == PARE_AVX512_BFLOAT16 ? tile_bfloat16
   : level == PARE_AVX512        ? tile_avx512
   : level == PARE_AVX2          ? tile_avx2
                                 : tile_reference)
#else
  (void)level;
  tile_reference
#endif
  (left, row_stride, pair_stride, rows, right, pairs, columns, out, stride, accumulating);
}

PARE_BODY void pack_rows_body(const float *x, size_t stride, size_t rows, size_t depth, uint32_t *panel) {
  enum { RUN = 8 };
  size_t pairs = (depth + 1) / 2;
  for (size_t start = 0; start < pairs; start += RUN) {
    size_t end = start + RUN < pairs ? start + RUN : pairs;
    for (size_t r = 0; r < rows; r++)
      for (size_t p = start; p < end; p++) {
        const float *pair = x + r * stride + 2 * p;
        uint32_t second = 2 * p + 1 < depth ? to_bfloat16_bits(pair[1]) : 0;
        panel[p * PARE_PANEL + r] = to_bfloat16_bits(pair[0]) >> 16 | second;
      }
    for (size_t p = start; p < end; p++)
      for (size_t r = rows; r < PARE_PANEL; r++) panel[p * PARE_PANEL + r] = 0;
  }
}
PARE_LEVELS(void, pack_rows, (const float *x, size_t stride, size_t rows, size_t depth, uint32_t *panel),
            (x, stride, rows, depth, panel))

void pare_pack_rows(pare_level level, const float *x, size_t stride, size_t rows, size_t depth, uint32_t *panel) {
  PARE_AT(level, pack_rows, (x, stride, rows, depth, panel));
}

// A panel of columns, whose numbers LOWER and UPPER bring into the halves of a word.
#define PARE_COLUMNS(name, type, LOWER, UPPER)                                                                         \
  PARE_BODY void name##_body(const type *x, size_t stride, size_t depth, size_t columns, uint32_t *panel) {            \
    for (size_t p = 0; p < depth / 2; p++) {                                                                           \
      const type *restrict first = x + 2 * p * stride, *restrict second = first + stride;                              \
      uint32_t *restrict line = panel + p * PARE_PANEL;                                                                \
      for (size_t c = 0; c < columns; c++) line[c] = LOWER(first[c]) | UPPER(second[c]);                               \
      for (size_t c = columns; c < PARE_PANEL; c++) line[c] = 0;                                                       \
    }                                                                                                                  \
    if (depth % 2) {                                                                                                   \
      uint32_t *line = panel + depth / 2 * PARE_PANEL;                                                                 \
      for (size_t c = 0; c < PARE_PANEL; c++) line[c] = c < columns ? LOWER(x[(depth - 1) * stride + c]) : 0;          \
    }                                                                                                                  \
  }                                                                                                                    \
  PARE_LEVELS(void, name, (const type *x, size_t stride, size_t depth, size_t columns, uint32_t *panel),               \
              (x, stride, depth, columns, panel))                                                                      \
  void pare_##name(pare_level level, const type *x, size_t stride, size_t depth, size_t columns, uint32_t *panel) {    \
    PARE_AT(level, name, (x, stride, depth, columns, panel));                                                          \
  }

#define PARE_ROUNDED_LOWER(x) (to_bfloat16_bits(x) >> 16)
#define PARE_AS_IT_IS(x) ((uint32_t)(x))
#define PARE_RAISED(x) ((uint32_t)(x) << 16)
PARE_COLUMNS(pack_columns, float, PARE_ROUNDED_LOWER, to_bfloat16_bits)
PARE_COLUMNS(interleave_columns, uint16_t, PARE_AS_IT_IS, PARE_RAISED)
