// Arguments of kernels: one plain struct per kernel, passed by value. Pointers are the device's. Row and
// column numbers fit 32 bits (12,000 tokens have 1.4e8 pairs); element offsets have 64 bits.
#pragma once

#include <cstdint>

namespace pleat::cuda {

// split: a plane of bfloat16, followed by a plane of the remainders; tf32: float32, rounded to TF32.
enum class Stored : int32_t { float32, bfloat16, split, tf32 };

// The position of index i: (i / period) * high + (i % period) * low elements from the start.
struct Stride {
  uint32_t period = 0xffffffffu;
  int64_t high = 0, low = 1;
};
inline Stride every(int64_t low) { return {0xffffffffu, 0, low}; }
inline Stride every(int64_t period, int64_t high, int64_t low) {
  return {static_cast<uint32_t>(period), high, low};
}

// A view of an activation; batch: elements from one matrix of a batch to the next.
struct View {
  const void* data = nullptr;
  Stored stored = Stored::float32;
  Stride rows, cols;
  int64_t batch = 0;
};

// Repeating rows of float32: row r is row r % period.
struct Repeated {
  const float* data = nullptr;
  uint32_t period = 0xffffffffu;
  int64_t stride = 0;
};

// The source of a product's left operand.
enum class Elements : int32_t {
  matrix,
  matrix_and_relative_encoding,  // encoding in columns from `encoding_first`: ops/relative_encoding.h
  msa_features                   // Backend::embed_msa
};
// The operation on the left operand before the product.
enum class Before : int32_t {
  nothing,
  norm,           // LN(x): scale and offset may be null
  adaptive_norm,  // LN(x) * other + (other, `other_shift` columns further)
  gate,           // x * sigmoid(other)
  relu            // max(factor * x, 0)
};

struct Left {
  View x;
  Elements elements = Elements::matrix;
  Before before = Before::nothing;
  bool fast_variance = false;
  const float *scale = nullptr, *offset = nullptr;
  Repeated other;
  int64_t other_shift = 0;
  float factor = 1;
  const int32_t* features = nullptr;  // tokens [N, 5], or letters [rows, 2]
  int64_t tokens = 0, first_row = 0, encoding_first = 0;
};

// The packed right operand: column n is the `stride` elements from n * stride, zero beyond the depth; the
// second part of split elements is `part` elements after the first.
struct Right {
  const void* data = nullptr;
  int64_t stride = 0, part = 0, batch = 0;
};

enum class Gate : int32_t { sigmoid, swish };

// The operations on a sum, in this order.
struct After {
  Gate gate = Gate::sigmoid;    // of two products: gate(first) * second
  const float* bias = nullptr;  // of the first bias_cols columns, before an optional sigmoid
  int64_t bias_cols = 0;
  bool bias_sigmoid = false, relu = false, accumulate = false;
  float factor = 1;
  Repeated times, plus;  // multiplied, added
  void* out = nullptr;
  Stored stored = Stored::float32;
  Stride rows, cols;
  int64_t batch = 0, part = 0;
};

struct ProductArguments {
  int64_t rows = 0, cols = 0, depth = 0;
  Left left[2];  // the second has no data if two products share it
  Right right[2];
  After after;
};

// softmax(scale q k + bias) v of each head (block y) and group (lines, samples, or samples x windows).
struct AttentionArguments {
  const void *q = nullptr, *k = nullptr, *v = nullptr;
  Stored stored = Stored::float32;
  int64_t q_group = 0, q_token = 0, kv_group = 0,
          kv_token = 0;                           // elements from one group or token to the next
  int64_t queries = 0, keys = 0, head_width = 0;  // of a group
  int64_t tiles = 0;                              // blocks of queries of a group
  // In windows (windows > 0) group g is window g % windows of sample g / windows. Its queries are 32 atoms,
  // its keys the atoms of key_atoms [windows, keys]; -1 means a zero key and value.
  int64_t windows = 0, atoms = 0;
  const int32_t* key_atoms = nullptr;
  const float* bias = nullptr;
  int64_t bias_window = 0, bias_head = 0, bias_query = 0;
  float scale = 1;
  float* out = nullptr;
  int64_t out_group = 0, out_token = 0;
};

// out (+)= factor * x; row r uses row r % x_period of x.
struct CombineArguments {
  const void* x = nullptr;
  void* out = nullptr;
  Stored x_stored = Stored::float32, out_stored = Stored::float32;
  int64_t rows = 0, cols = 0, x_stride = 0, out_stride = 0;
  uint32_t x_period = 0xffffffffu;
  float factor = 1;
  const float* factor_at = nullptr;  // if given, instead of factor
  bool accumulate = false;
};

struct NormArguments {
  const void* x = nullptr;
  void* out = nullptr;
  Stored x_stored = Stored::float32, out_stored = Stored::float32;
  int64_t rows = 0, cols = 0;
  const float *scale = nullptr, *offset = nullptr;
  bool fast_variance = false;
};

struct SoftmaxArguments {
  float* x = nullptr;
  int64_t rows = 0, cols = 0;
};

// Expectations of rows of values [values, bins] under softmax of logits [rows, groups * bins]; out is
// value-major, with `out_rows` rows over all calls. With chain sizes: three values, the expectations of an
// error, of its TM-score weight for all tokens, and of that for the one or two chains of pair (first_row +
// row).
struct ExpectArguments {
  const float* logits = nullptr;
  int64_t rows = 0, groups = 0, bins = 0, num_values = 0;
  const float* values = nullptr;
  const int32_t *chains = nullptr, *chain_sizes = nullptr;
  int64_t tokens = 0, first_row = 0, out_rows = 0;
  float* out = nullptr;
};

struct ChainSizesArguments {
  const int32_t* chains = nullptr;
  int64_t tokens = 0;
  int32_t* sizes = nullptr;
};

// Sums of table rows for pairs first_row, ..., which Backend::embed_pair adds to the product.
struct PairRowsArguments {
  int64_t rows = 0, first_row = 0, tokens = 0, channels = 0;
  const int32_t* identities = nullptr;  // [N, 5]
  const float *left_right = nullptr, *table = nullptr, *bond = nullptr;
  const uint8_t* bonded = nullptr;  // [N, N]
  float* out = nullptr;
};

struct BondsArguments {
  const int32_t* bonds = nullptr;  // [bonds, 2]
  int64_t count = 0, tokens = 0;
  uint8_t* bonded = nullptr;
};

// The sums of table rows of a template's pairs (Backend::embed_template), without the query's product.
struct TemplateRowsArguments {
  int64_t rows = 0, first_row = 0, tokens = 0, channels = 0;
  const float* frames = nullptr;      // [N, 18]
  const int32_t* features = nullptr;  // [N, 4]
  const float *dgram = nullptr, *pseudo_beta_mask = nullptr, *aatype_j = nullptr, *aatype_i = nullptr,
              *unit_x = nullptr, *unit_y = nullptr, *unit_z = nullptr, *backbone_mask = nullptr;
  float* out = nullptr;
};

struct DistancesArguments {
  int64_t tokens = 0, channels = 0;
  const float *left_right = nullptr, *positions = nullptr, *table = nullptr;
  void* pair = nullptr;
  Stored stored = Stored::float32;
};

struct AtomRowsArguments {
  int64_t atoms = 0, channels = 0, elements = 0, alphabet = 0;
  const float *ref_pos = nullptr, *charge = nullptr;
  const int32_t* features = nullptr;
  const float *pos = nullptr, *mask = nullptr, *element = nullptr, *charge_row = nullptr, *name = nullptr;
  float* out = nullptr;
};

struct TokensToAtomsArguments {
  int64_t rows = 0, channels = 0, atoms = 0, tokens = 0;
  const int32_t* token = nullptr;
  const float* x = nullptr;
  float* act = nullptr;
};

struct TokenMeansArguments {
  int64_t tokens = 0, channels = 0;
  const int32_t* first_atom = nullptr;
  const float* x = nullptr;  // [A, C]
  float* out = nullptr;      // [N, C]
};

// z [windows * 32 * 128, C] of windows first_window, ...
struct PairFeaturesArguments {
  int64_t windows = 0, first_window = 0, atoms = 0, tokens = 0, channels = 0;
  const int32_t *token = nullptr, *keys = nullptr, *query_uid = nullptr, *key_uid = nullptr;
  const float *ref_pos = nullptr, *row = nullptr, *col = nullptr, *trunk_pair = nullptr;
  const float *offsets = nullptr, *distances = nullptr, *valid = nullptr;
  float* z = nullptr;
};

struct AugmentArguments {
  int64_t atoms = 0;
  const float *transforms = nullptr, *noise = nullptr, *noise_scale = nullptr;
  float* positions = nullptr;
};

struct SamplerArguments {
  int64_t count = 0;
  const float *update = nullptr, *numbers = nullptr;  // numbers: ops::StepNumber
  float* positions = nullptr;
};

}  // namespace pleat::cuda
