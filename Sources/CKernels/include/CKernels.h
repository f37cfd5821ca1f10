#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The numeric loops of Pare. Every function takes the instruction level to run at, so that callers choose once and tests
// can hold each level against the reference; a level the processor lacks must not be passed.
typedef enum { PARE_REFERENCE = 0, PARE_AVX2 = 1, PARE_AVX512 = 2, PARE_AVX512_BFLOAT16 = 3 } pare_level;

/// The best level this processor runs.
pare_level pare_best_level(void);

// MARK: Conversions

/// Makes the C library give freed blocks of at least so many bytes back to the system, whatever was freed before; where it is
/// glibc.
void pare_return_large_blocks(size_t bytes);

/// dst[i] = src[i], exactly.
void pare_widen_bfloat16(pare_level level, const uint16_t *src, float *dst, size_t count);
void pare_widen_float16(pare_level level, const uint16_t *src, float *dst, size_t count);
/// dst[i] = src[i] rounded to nearest even; NaN stays NaN.
void pare_narrow_bfloat16(pare_level level, const float *src, uint16_t *dst, size_t count);
/// The index of the first NaN or infinity, or count.
size_t pare_first_not_finite(pare_level level, const float *x, size_t count);

// MARK: Parts of a decoder block; matrices are row-major, rows are tokens

/// out[r] = x[r] / sqrt(mean(x[r]^2) + epsilon) * weight. x, out: [rows, columns]; weight: [columns].
void pare_rms_norm(pare_level level, const float *x, const float *weight, float *out, size_t rows, size_t columns,
                   float epsilon);
/// out[r] = (x[r] - mean(x[r])) / sqrt(var(x[r]) + epsilon) * weight + bias. x, out: [rows, columns]; weight, bias:
/// [columns].
void pare_layer_norm(pare_level level, const float *x, const float *weight, const float *bias, float *out, size_t rows,
                     size_t columns, float epsilon);
/// Rotates the halves of a part of each head: (a, b) -> (a cos - b sin, b cos + a sin). x: [rows, stride] from the first
/// head's part on, heads `head_stride` apart; cosines, sines: [rows, width / 2].
void pare_rotate(pare_level level, float *x, const float *cosines, const float *sines, size_t rows, size_t stride,
                 size_t heads, size_t head_stride, size_t width);
/// The same of channels 2i and 2i + 1.
void pare_rotate_pairs(pare_level level, float *x, const float *cosines, const float *sines, size_t rows, size_t stride,
                       size_t heads, size_t head_stride, size_t width);
/// scores: [rows, columns]. Row r becomes the softmax over the last `window` of its columns 0...r + first, and zeros
/// elsewhere, of scale * score, capped by cap * tanh(score / cap) where cap is positive, plus bias[column] where there is
/// a bias.
void pare_attention_softmax(pare_level level, float *scores, size_t rows, size_t columns, size_t first, size_t window,
                            float scale, float cap, const float *bias);
/// The same, but rows are not divided by their sum: shares[r] is 1 / sum. They are written as bfloat16 numbers, [rows,
/// stride], a zero behind an odd last; scores are overwritten.
void pare_attention_weights(pare_level level, float *scores, size_t rows, size_t columns, size_t first, size_t window,
                            float scale, float cap, const float *bias, uint16_t *weights, size_t stride, float *shares);
/// x[r] *= factors[r]. x: [rows, stride], `columns` of each row.
void pare_scale_rows(pare_level level, float *x, size_t rows, size_t stride, size_t columns, const float *factors);
/// x = cap * tanh(x / cap).
void pare_cap(pare_level level, float *x, size_t count, float cap);
/// What is applied to the channels of a feed-forward part.
typedef enum { PARE_SILU, PARE_GELU, PARE_GELU_TANH, PARE_RELU } pare_activation;
/// gate = activation(gate) * up; the two do not overlap.
void pare_activation_product(pare_level level, pare_activation activation, float *gate, const float *up, size_t count);
/// x = activation(x).
void pare_activate(pare_level level, pare_activation activation, float *x, size_t count);
/// x += factor * y; the two do not overlap.
void pare_add_scaled(pare_level level, float *x, const float *y, float factor, size_t count);
/// x[r] += bias for each row. x: [rows, columns].
void pare_add_bias(pare_level level, float *x, const float *bias, size_t rows, size_t columns);
/// log(sum(exp(x))).
float pare_log_sum_exp(pare_level level, const float *x, size_t count);

// MARK: Quantization

/// What codes are: integers as int8, float8 E4M3 as their byte, float4 E2M1 as 0...15 with the sign in bit 3.
typedef enum { PARE_INTEGER = 0, PARE_FLOAT8 = 1, PARE_FLOAT4 = 2 } pare_code;

/// How a float becomes a code: clamp to [minimum, maximum], then round to the nearest number that has a code.
typedef struct {
  float minimum;
  float maximum;
  pare_code code;
} pare_grid;

/// How a server finds the scale of activations.
typedef enum {
  /// max |x| / half_range of each row.
  PARE_SYMMETRIC = 0,
  /// Scale and zero point from the smallest and largest of each row.
  PARE_ASYMMETRIC = 1,
  /// The power of two below max |x|, mantissas from 1.75 on rounded up, divided by 2^exponent_offset (MX formats).
  PARE_POWER_OF_TWO = 2,
  /// max |x| / half_range times global, rounded to float8 E4M3, divided by global (NVFP4).
  PARE_FLOAT8_SCALE = 3,
  /// The scale and zero point given.
  PARE_FIXED = 4,
} pare_scale_kind;

typedef struct {
  pare_scale_kind kind;
  int32_t exponent_offset;
  float global;
  float scale;
  float zero_point;
} pare_scale_rule;

/// Σ (x - y)² and Σ x², squares in float32 and sums in float64, and how many of y are zero; count is below 2^32.
void pare_difference(pare_level level, const float *x, const float *y, size_t count, double *error, double *energy,
                     size_t *zeros);

/// Σ x * y, products in float32 and their sum in float64.
double pare_inner_product(pare_level level, const float *x, const float *y, size_t count);
/// x[r][c] *= factors[c]. x: [rows, columns].
void pare_multiply_columns(pare_level level, float *x, size_t rows, size_t columns, const float *factors);

/// Smallest and largest of each run of `width` elements; the last run may be shorter. runs = ceil(count / width).
void pare_ranges(pare_level level, const float *x, size_t count, size_t width, float *minima, float *maxima);
/// Codes of one run that shares scale and zero point.
void pare_quantize(pare_level level, const float *x, size_t count, float scale, float zero_point, pare_grid grid,
                   uint8_t *codes);
/// x becomes (code - zero_point) * scale.
void pare_dequantize(pare_level level, const uint8_t *codes, size_t count, float scale, float zero_point,
                     pare_code code, float *x);
/// For each run of `width` elements, the last of which may be shorter, the sum of importance *
/// |dequantized(quantized(x)) - x|^power; a null importance is 1 everywhere. scales, zero_points, errors:
/// ceil(count / width). power: positive; at most 16384 counts.
void pare_quantization_errors(pare_level level, const float *x, const float *importance, size_t count, size_t width,
                              const float *scales, const float *zero_points, pare_grid grid, float power,
                              float *errors);
/// Rounds each row of x to a grid of its own, or all of them to a fixed one, in place.
void pare_fake_quantize_rows(pare_level level, float *x, size_t rows, size_t columns, pare_scale_rule rule,
                             pare_grid grid);

/// Rows that one panel of `pare_gptq_sweep` holds.
enum { PARE_GPTQ_LANES = 32 };
/// Floats of scratch that `pare_gptq_sweep` needs for blocks of `width` columns.
size_t pare_gptq_scratch(size_t width);

/// GPTQ over one block of columns of some rows (arXiv:2210.17323, Algorithm 1, inner loop).
///
/// weights: [rows, weight_stride], the block's first column at index 0; becomes its dequantized value.
/// factor: upper Cholesky factor of the inverse Hessian, [width, factor_stride], at the block's corner.
/// scales, zero_points: [rows, groups], zero_points may be null; group_of: [width], the group of each column.
/// kept: [rows, kept_stride], zero where a weight must become exactly zero; what it has then moves on like a rounding
/// error. May be null.
/// codes: [rows, code_stride]; errors: [rows, width].
/// Returns the sum of squared errors, each divided by its column's squared diagonal.
double pare_gptq_sweep(pare_level level, float *weights, size_t weight_stride, size_t rows, size_t width,
                       const float *factor, size_t factor_stride, const float *scales, const float *zero_points,
                       size_t groups, const int32_t *group_of, const uint8_t *kept, size_t kept_stride, pare_grid grid,
                       uint8_t *codes, size_t code_stride, float *errors, float *scratch);

/// SparseGPT over one block of columns of some rows (arXiv:2301.00774, Algorithm 1, inner loop).
///
/// weights, factor, errors, scratch: as in `pare_gptq_sweep`; what is not pruned keeps the value it has when its turn
/// comes. kept: [rows, kept_stride], zero where a weight is pruned. With size > 0 the mask is chosen here: of every `size`
/// columns the `zeros` with the least w^2 * saliency are pruned, those that are zero in kept first; width is a multiple of
/// size then. saliency: [width], 1 / factor[j][j]^2, or 0 for a channel without input.
/// Returns the sum of squared errors, each divided by its column's squared diagonal.
double pare_prune_sweep(pare_level level, float *weights, size_t weight_stride, size_t rows, size_t width,
                        const float *factor, size_t factor_stride, const float *saliency, uint8_t *kept,
                        size_t kept_stride, size_t zeros, size_t size, float *errors, float *scratch);

/// The element of rank `rank` (from 0) in ascending order; x is reordered. No NaN.
float pare_select(float *x, size_t count, size_t rank);

// MARK: Products in bfloat16; two numbers are one 32-bit word, the first in its lower half

/// Vectors of one panel.
enum { PARE_PANEL = 48 };

/// out = left * right^T, or out += it, summed in float32.
///
/// left: elements 2p and 2p + 1 of row r are the word at r * row_stride + p * pair_stride.
/// right: one panel, [pairs, PARE_PANEL]: elements 2p and 2p + 1 of vector c are the word [p, c]. columns: how many of its
/// vectors count.
/// out: [rows, columns] of a matrix with `stride` columns.
void pare_multiply_panel(pare_level level, const uint32_t *left, size_t row_stride, size_t pair_stride, size_t rows,
                         const uint32_t *right, size_t pairs, size_t columns, float *out, size_t stride,
                         int32_t accumulating);
/// A panel of rows, rounded to nearest even: x: [rows, stride], `depth` elements of each; at most PARE_PANEL rows; zeros
/// stand for the others. panel: [ceil(depth / 2), PARE_PANEL].
void pare_pack_rows(pare_level level, const float *x, size_t stride, size_t rows, size_t depth, uint32_t *panel);
/// A panel of columns: x: [depth, stride], at most PARE_PANEL columns.
void pare_pack_columns(pare_level level, const float *x, size_t stride, size_t depth, size_t columns, uint32_t *panel);
/// The same of columns that are bfloat16 numbers already.
void pare_interleave_columns(pare_level level, const uint16_t *x, size_t stride, size_t depth, size_t columns,
                             uint32_t *panel);

// MARK: Statistics of activations

/// Per channel over rows: smallest, largest, sum of magnitudes, sum of squares; each is combined with what is there.
/// x: [rows, stride], `columns` channels from its start.
void pare_channel_statistics(pare_level level, const float *x, size_t rows, size_t stride, size_t columns, float *minima,
                             float *maxima, float *magnitudes, float *squares);
/// The same of bfloat16 numbers.
void pare_channel_statistics_bfloat16(pare_level level, const uint16_t *x, size_t rows, size_t stride, size_t columns,
                                      float *minima, float *maxima, float *magnitudes, float *squares);

// MARK: Triangular matrices; row-major, lower, in place

/// The Cholesky factor L of a small matrix, A = L L^T; reads and writes the lower triangle. a: [size, stride].
/// Returns 0 when a pivot is not positive.
int32_t pare_cholesky(pare_level level, float *a, size_t size, size_t stride);
/// The inverse of a small lower triangle. inverse: [size, size], zeros above the diagonal.
void pare_invert_lower(pare_level level, const float *lower, size_t size, size_t stride, float *inverse);

// MARK: Packing

/// Four-bit codes (int8, -8...7) of one row, two to a byte, low nibble first, offset by 8. words: ceil(columns / 8).
void pare_pack_int4(pare_level level, const int8_t *codes, size_t columns, uint32_t *words);

#ifdef __cplusplus
}
#endif
