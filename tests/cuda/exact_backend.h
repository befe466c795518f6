// Every operation as its equation, in float64: what the other backends approximate. The operands of products may
// be rounded, which gives the plain computation in an arithmetic: no other error than that arithmetic's.
#pragma once

#include <optional>
#include <vector>

#include "ops/backend.h"

namespace pleat::cuda::test {

using ops::Arithmetic;
using ops::Array;
using ops::Linear;

struct Matrix {
  Matrix(int64_t rows, int64_t cols) : rows(rows), cols(cols), elements(static_cast<size_t>(rows * cols)) {}
  double& operator()(int64_t r, int64_t c) { return elements[static_cast<size_t>(r * cols + c)]; }
  double operator()(int64_t r, int64_t c) const { return elements[static_cast<size_t>(r * cols + c)]; }

  int64_t rows, cols;
  std::vector<double> elements;
};

// The memory of this backend's arrays and weights.
struct ExactElements : ops::Held {
  explicit ExactElements(Matrix matrix) : matrix(std::move(matrix)) {}
  Matrix matrix;
};

// The element as a product's operand: the sum of the one or two parts that the arithmetic keeps. Without an
// arithmetic: the element.
struct Operand {
  double high = 0, low = 0;
};
Operand operand_of(double x, std::optional<Arithmetic> arithmetic);

// ops::Backend states the contracts. Not meant to be fast.
class ExactBackend final : public ops::Backend {
 public:
  // rounded: the arithmetic of the operands of all products, and the type of pair-sized results. None: float64.
  explicit ExactBackend(std::optional<Arithmetic> rounded = {}) : rounded_(rounded) {}

  static const Matrix& elements(const Array& a) { return a.memory<ExactElements>().matrix; }

  Array make(int64_t rows, int64_t cols, ops::Type type,
             ops::Location location = ops::Location::backend) override;
  Array temporary(int64_t rows, int64_t cols, ops::Type type) override { return make(rows, cols, type); }
  Array upload(const Tensor<float>& values) override;
  Array upload(const Tensor<int32_t>& values) override;
  void download(const Array& x, Tensor<float>& out, int64_t first) override;
  void update(const Tensor<float>& values, Array& x) override;
  Linear pack(const Tensor<float>& weights, Arithmetic arithmetic) override;
  void release_unused() override {}
  bool on_host() const override { return true; }
  int64_t held_bytes() const override { return 0; }
  int64_t packed_bytes(int64_t, int64_t, Arithmetic) const override { return 0; }
  int64_t triangle_bytes(int64_t, int64_t, Arithmetic) const override { return 0; }
  int64_t pair_scratch_bytes(int64_t, int64_t, int64_t) const override { return 0; }
  int64_t msa_scratch_bytes(int64_t, int64_t, const MsaSizes&) const override { return 0; }
  int64_t window_scratch_bytes(int64_t, int64_t) const override { return 0; }
  int64_t head_scratch_bytes(int64_t, int64_t, int64_t) const override { return 0; }
  void copy(const Array& x, Array& out) override;
  void add(const Array& x, Array& act) override;
  void add_to_each(const Array& x, Array& act) override;
  Array repeat(const Array& x, int64_t groups) override;
  Array concatenate(const Array& a, const Array& b) override;
  Array scale(float factor, const Array& x) override;
  Array norm(const Array& x, const ops::LayerNorm& norm) override;
  void norm_in_place(const ops::LayerNorm& norm, Array& act) override;
  Array linear(const Array& x, const Linear& w) override;
  void add_linear(const Array& x, const Linear& w, Array& act) override;
  Array norm_linear(const Array& x, const ops::LayerNorm& norm, const Linear& w) override;
  void transition(const ops::Transition& weights, Array& act) override;
  void embed_pair(const ops::PairEmbedding& weights, const Array& tokens, const Array& left_right,
                  const Array& bonds, Array& pair) override;
  Array embed_msa(const Array& letters, const Linear& w, const Array& extra) override;
  void embed_template(const ops::TemplateEmbedding& weights, const Array& frames, const Array& tokens,
                      const Array& pair, Array& act) override;
  void add_templates(const Array& x, int64_t templates, const Linear& w, Array& pair) override;
  void relative_norm_linear(const Array& pair, const Array& tokens, const ops::LayerNorm& norm,
                            const Linear& w, Array& out) override;
  void add_distances(const Array& left_right, const Array& positions, const Array& table,
                     Array& pair) override;
  void triangle_multiplication(const ops::TriangleMultiplication& weights, ops::Triangle edges,
                               Array& pair) override;
  void grid_self_attention(const ops::GridSelfAttention& weights, ops::Axis axis, Array& pair) override;
  void outer_product_mean(const ops::OuterProductMean& weights, const Array& msa, Array& pair) override;
  void msa_attention(const ops::MsaAttention& weights, const Array& pair, Array& msa) override;
  Array pair_logits(const Array& pair, const ops::LayerNorm& norm, const Linear& w) override;
  Array norm_qkvg(const Array& act, const ops::LayerNorm& norm, const ops::Attention& weights) override;
  Array attention(const ops::Attention& weights, const Array& qkvg, const Array& logits) override;
  void add_gated_linear(const Array& o, const Array& qkvg, const Linear& w, Array& act) override;
  std::vector<Array> conditions(const Array& normed, const Array& condition,
                                std::span<const ops::Condition* const> weights) override;
  Array adaptive_norm_linear(const Array& act, const Array& gate_shift, const Linear& w,
                             const Array& bias) override;
  void add_adaptive_zero(const Array& o, const Array& projections, const Linear& w, const Array& zero,
                         Array& act) override;
  void conditioned_transition(const ops::ConditionedTransition& weights, const Array& gate_shift,
                              const Array& zero, Array& act) override;
  Array per_atom_conditioning(const ops::PerAtomConditioning& weights, const Array& ref_pos,
                              const Array& charge, const Array& features) override;
  void tokens_to_atoms(const ops::AtomWindows& windows, const Array& x, Array& act) override;
  Array atoms_to_tokens(const ops::AtomWindows& windows, const Array& x, const Linear& w) override;
  std::vector<std::vector<Array>> atom_pair_logits(
      const ops::AtomPairFeatures& weights, const ops::AtomWindows& windows, const Array& cond,
      const Array& pair_cond, std::span<const ops::AtomPairLogits* const> transformers) override;
  Array window_attention(const ops::AtomWindows& windows, int64_t heads, const Array& q_gate, const Array& kv,
                         const Array& logits, Arithmetic arithmetic) override;
  Array expectations(const Array& x, const ops::LayerNorm& norm, const Linear& w,
                     const Array& values) override;
  Array symmetric_expectation(const Array& pair, const ops::LayerNorm& norm, const Linear& w,
                              const Array& centres) override;
  std::vector<Array> aligned_error(const Array& pair, const Array& chains, const ops::LayerNorm& norm,
                                   const Linear& w, const Array& centres) override;
  Distogram distogram(const Array& pair, const Linear& w, int64_t contact_bins, bool keep) override;
  void augment(const Array& transforms, const Array& noise, const Array& numbers, Array& positions) override;
  Array network_input(const Array& numbers, const Array& positions) override;
  void sampler_update(const Array& update, const Array& numbers, Array& positions) override;

 private:
  // a b, a with its operands rounded.
  Matrix product(const Matrix& a, const Matrix& b) const;
  Matrix product(const Matrix& a, const Linear& w) const {
    return product(a, w.packed<ExactElements>().matrix);
  }
  // gate(x gate) * (x value).
  template <class Gate>
  Matrix gated(const Matrix& x, const ops::GatedLinear& w, Gate gate) const;
  // softmax(q k^T / sqrt(D) + bias) v.
  Matrix attend(const Matrix& q, const Matrix& k, const Matrix& v, const Matrix& bias) const;
  // Sets `out`, rounded to its type if operands are rounded.
  void set(Array& out, Matrix values) const;
  void add_to(Array& out, const Matrix& values) const;
  // z [32 * 128, C_z] of a window.
  Matrix window_features(const ops::AtomPairFeatures& weights, const ops::AtomWindows& windows,
                         int64_t window, const Matrix& row, const Matrix& col,
                         const Matrix* trunk_pair) const;

  std::optional<Arithmetic> rounded_;
};

}  // namespace pleat::cuda::test
