// A machine that computes nothing: it counts what each operation costs, from the shapes of its operands
// (model/work.h says what counts).
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "model/work.h"
#include "ops/backend.h"

namespace pleat::model {

// Arrays have shapes and types, no elements.
class CountingBackend : public ops::Backend {
 public:
  using Array = ops::Array;
  using Linear = ops::Linear;

  // The counts since the last call.
  Cost take() { return std::exchange(cost_, Cost()); }

  Array make(int64_t rows, int64_t cols, ops::Type type, ops::Location = ops::Location::backend) override {
    return {rows, cols, type, std::make_unique<ops::Held>()};
  }
  Array temporary(int64_t rows, int64_t cols, ops::Type type) override { return make(rows, cols, type); }
  Array upload(const Tensor<float>& x) override {
    return make(x.size() / std::max<int64_t>(x.dim(-1), 1), x.dim(-1), ops::Type::float32);
  }
  Array upload(const Tensor<int32_t>& x) override {
    return make(x.size() / std::max<int64_t>(x.dim(-1), 1), x.dim(-1), ops::Type::int32);
  }
  void download(const Array& x, Tensor<float>& out, int64_t first) override {
    std::fill_n(out.data() + first, x.size(), 0.0f);
  }
  void update(const Tensor<float>&, Array&) override {}
  Linear pack(const Tensor<float>& w, ops::Arithmetic arithmetic) override {
    return {w.dim(0), w.dim(1), arithmetic, std::make_unique<ops::Held>()};
  }
  void release_unused() override {}
  bool on_host() const override { return false; }
  int64_t held_bytes() const override { return 0; }
  int64_t packed_bytes(int64_t, int64_t, ops::Arithmetic) const override { return 0; }
  int64_t triangle_bytes(int64_t, int64_t, ops::Arithmetic) const override { return 0; }
  int64_t pair_scratch_bytes(int64_t, int64_t, int64_t) const override { return 0; }
  int64_t msa_scratch_bytes(int64_t, int64_t, const MsaSizes&) const override { return 0; }
  int64_t window_scratch_bytes(int64_t, int64_t) const override { return 0; }
  int64_t head_scratch_bytes(int64_t, int64_t, int64_t) const override { return 0; }

  // --- Rows

  void copy(const Array& x, Array& out) override { read(x), write(out); }
  void add(const Array& x, Array& act) override { read(x), update(act); }
  void add_to_each(const Array& x, Array& act) override { read(x), update(act); }
  Array repeat(const Array& x, int64_t groups) override {
    read(x);
    return result(groups * x.rows(), x.cols());
  }
  Array concatenate(const Array& a, const Array& b) override {
    read(a), read(b);
    return result(a.rows(), a.cols() + b.cols());
  }
  Array scale(float, const Array& x) override {
    read(x);
    return result(x.rows(), x.cols());
  }
  Array norm(const Array& x, const ops::LayerNorm&) override {
    read(x);
    return result(x.rows(), x.cols());
  }
  void norm_in_place(const ops::LayerNorm&, Array& act) override { update(act); }
  Array linear(const Array& x, const Linear& w) override {
    read(x), multiply(x.rows(), w);
    return result(x.rows(), w.cols());
  }
  void add_linear(const Array& x, const Linear& w, Array& act) override {
    read(x), multiply(x.rows(), w), update(act);
  }
  Array norm_linear(const Array& x, const ops::LayerNorm&, const Linear& w) override { return linear(x, w); }
  void transition(const ops::Transition& w, Array& act) override {
    gated(act.rows(), w.transition1), multiply(act.rows(), w.transition2), update(act);
  }

  // --- Pair, MSA and single

  void embed_pair(const ops::PairEmbedding& w, const Array&, const Array& left_right, const Array&,
                  Array& pair) override {
    read(left_right), multiply(pair.rows(), w.prev_embedding), update(pair);
  }
  Array embed_msa(const Array& letters, const Linear& w, const Array& extra) override {
    read(extra), multiply(letters.rows(), w);
    return result(letters.rows(), w.cols());
  }
  void embed_template(const ops::TemplateEmbedding& w, const Array& frames, const Array&, const Array& pair,
                      Array& act) override {
    read(frames), read(pair), multiply(pair.rows(), w.query), write(act);
  }
  void add_templates(const Array& x, int64_t, const Linear& w, Array& pair) override {
    add_linear(x, w, pair);
  }
  void relative_norm_linear(const Array& pair, const Array&, const ops::LayerNorm&, const Linear& w,
                            Array& out) override {
    read(pair), multiply(pair.rows(), w), write(out);
  }
  void add_distances(const Array& left_right, const Array& positions, const Array&, Array& pair) override {
    read(left_right), read(positions), update(pair);
  }
  void triangle_multiplication(const ops::TriangleMultiplication& w, ops::Triangle, Array& pair) override {
    gated(pair.rows(), w.a), gated(pair.rows(), w.b);
    multiply(pair.rows(), w.gating_linear), multiply(pair.rows(), w.output_projection);
    exponentials(pair.rows() * w.gating_linear.cols());
    const int64_t n = tokens_of(pair.rows());
    operations(n * n * n * w.a.value.cols());
    update(pair);
  }
  void grid_self_attention(const ops::GridSelfAttention& w, ops::Axis, Array& pair) override {
    const int64_t n = tokens_of(pair.rows()), width = w.qkv.cols() / 3;
    for (const Linear* l : {&w.pair_bias_projection, &w.qkv, &w.gating_query, &w.output_projection})
      multiply(pair.rows(), *l);
    attend(pair.rows(), n, w.heads, width);
    exponentials(pair.rows() * width);
    update(pair);
  }
  void outer_product_mean(const ops::OuterProductMean& w, const Array& msa, Array& pair) override {
    const int64_t n = tokens_of(pair.rows()), e = w.left_right.cols() / 2;
    read(msa), multiply(msa.rows(), w.left_right), multiply(pair.rows(), w.output_w), update(pair);
    operations(n * e * n * e * (msa.rows() / n));
  }
  void msa_attention(const ops::MsaAttention& w, const Array& pair, Array& msa) override {
    read(pair), multiply(pair.rows(), w.pair_logits);
    for (const Linear* l : {&w.v_projection, &w.gating_query, &w.output_projection}) multiply(msa.rows(), *l);
    exponentials(pair.rows() * w.heads + msa.rows() * w.gating_query.cols());
    operations(msa.rows() * tokens_of(pair.rows()) * w.v_projection.cols());
    update(msa);
  }

  // --- Attention and conditioned layers

  Array pair_logits(const Array& pair, const ops::LayerNorm&, const Linear& w) override {
    read(pair), multiply(pair.rows(), w);
    return result(w.cols(), pair.rows());
  }
  Array norm_qkvg(const Array& act, const ops::LayerNorm&, const ops::Attention& w) override {
    return linear(act, w.qkvg);
  }
  Array attention(const ops::Attention& w, const Array& qkvg, const Array& logits) override {
    read(qkvg), read(logits), attend(qkvg.rows(), tokens_of(logits.cols()), w.heads, qkvg.cols() / 4);
    return result(qkvg.rows(), qkvg.cols() / 4);
  }
  void add_gated_linear(const Array& o, const Array& qkvg, const Linear& w, Array& act) override {
    read(o), read(qkvg), multiply(o.rows(), w), update(act), exponentials(o.size());
  }
  std::vector<Array> conditions(const Array& normed, const Array& condition,
                                std::span<const ops::Condition* const> weights) override {
    read(normed), read(condition);
    std::vector<Array> out;
    for (const ops::Condition* w : weights) {
      multiply(normed.rows(), w->weights), exponentials(normed.rows() * w->bias.cols());
      out.push_back(result(normed.rows(), w->weights.cols()));
    }
    return out;
  }
  Array adaptive_norm_linear(const Array& act, const Array& gate_shift, const Linear& w,
                             const Array&) override {
    read(gate_shift);
    return linear(act, w);
  }
  void add_adaptive_zero(const Array& o, const Array& projections, const Linear& w, const Array& zero,
                         Array& act) override {
    read(zero), add_gated_linear(o, projections, w, act);
  }
  void conditioned_transition(const ops::ConditionedTransition& w, const Array& gate_shift, const Array& zero,
                              Array& act) override {
    read(gate_shift), read(zero);
    gated(act.rows(), w.transition1), multiply(act.rows(), w.transition2), update(act);
  }

  // --- Atoms

  Array per_atom_conditioning(const ops::PerAtomConditioning& w, const Array& ref_pos, const Array& charge,
                              const Array&) override {
    read(ref_pos), read(charge);
    return result(ref_pos.rows(), w.ref_pos.cols());
  }
  void tokens_to_atoms(const ops::AtomWindows&, const Array& x, Array& act) override { read(x), update(act); }
  Array atoms_to_tokens(const ops::AtomWindows& windows, const Array& x, const Linear& w) override {
    read(x), multiply(x.rows(), w);
    return result(x.rows() / windows.atoms * windows.tokens, w.cols());
  }
  std::vector<std::vector<Array>> atom_pair_logits(
      const ops::AtomPairFeatures& w, const ops::AtomWindows& windows, const Array& cond,
      const Array& pair_cond, std::span<const ops::AtomPairLogits* const> transformers) override {
    const int64_t pairs = windows.atoms * ops::kWindowKeys;
    read(cond), multiply(cond.rows(), w.single_to_pair_cond_row),
        multiply(cond.rows(), w.single_to_pair_cond_col);
    for (const Linear* l : {&w.pair_mlp_1, &w.pair_mlp_2, &w.pair_mlp_3}) multiply(pairs, *l);
    if (!pair_cond.empty()) read(pair_cond), multiply(pair_cond.rows(), w.embed_trunk_pair_cond);
    std::vector<std::vector<Array>> out;
    for (const ops::AtomPairLogits* t : transformers) {
      multiply(pairs, t->pair_logits_projection);
      out.emplace_back();
      for (int64_t b = 0; b < t->pair_logits_projection.cols() / t->heads; ++b)
        out.back().push_back(result(windows.windows() * t->heads * ops::kWindowQueries, ops::kWindowKeys));
    }
    return out;
  }
  Array window_attention(const ops::AtomWindows&, int64_t heads, const Array& q_gate, const Array& kv,
                         const Array& logits, ops::Arithmetic) override {
    read(q_gate), read(kv), read(logits), attend(q_gate.rows(), ops::kWindowKeys, heads, kv.cols() / 2);
    return result(q_gate.rows(), kv.cols() / 2);
  }

  // --- Heads and sampler

  Array expectations(const Array& x, const ops::LayerNorm&, const Linear& w, const Array& values) override {
    read(x), multiply(x.rows(), w), exponentials(x.rows() * w.cols());
    return result(values.rows() * x.rows(), w.cols() / values.cols());
  }
  Array symmetric_expectation(const Array& pair, const ops::LayerNorm&, const Linear& w,
                              const Array&) override {
    const int64_t n = tokens_of(pair.rows());
    read(pair), multiply(pair.rows(), w), operations(pair.rows() * w.rows() * w.cols());
    exponentials(pair.rows() * w.cols());
    return result(n, n);
  }
  std::vector<Array> aligned_error(const Array& pair, const Array&, const ops::LayerNorm&, const Linear& w,
                                   const Array&) override {
    const int64_t n = tokens_of(pair.rows());
    read(pair), multiply(pair.rows(), w), exponentials(pair.rows() * w.cols());
    std::vector<Array> out;
    for (int k = 0; k < 3; ++k) out.push_back(result(n, n));
    return out;
  }
  Distogram distogram(const Array& pair, const Linear& w, int64_t, bool keep) override {
    const int64_t n = tokens_of(pair.rows());
    read(pair), multiply(pair.rows(), w), operations(pair.rows() * w.rows() * w.cols());
    exponentials(pair.rows() * w.cols());
    Distogram out{{}, result(n, n)};
    if (keep) out.logits = make(pair.rows(), w.cols(), ops::Type::float32);
    return out;
  }
  void augment(const Array&, const Array& noise, const Array&, Array& positions) override {
    read(noise), update(positions);
  }
  Array network_input(const Array&, const Array& positions) override { return scale(1, positions); }
  void sampler_update(const Array& change, const Array&, Array& positions) override {
    read(change), update(positions);
  }

 private:
  static int64_t tokens_of(int64_t pairs) {
    const auto n = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(pairs))));
    PLEAT_ASSERT(n * n == pairs);
    return n;
  }
  void operations(int64_t multiplications) { cost_.operations += 2 * static_cast<double>(multiplications); }
  void exponentials(int64_t count) { cost_.exponentials += static_cast<double>(count); }
  void read(const Array& a) { cost_.bytes += static_cast<double>(a.size() * bytes_of(a.type())); }
  void write(const Array& a) { read(a); }
  void update(const Array& a) { read(a), write(a); }
  Array result(int64_t rows, int64_t cols) {
    Array out = make(rows, cols, ops::Type::float32);
    write(out);
    return out;
  }
  void multiply(int64_t rows, const Linear& w) {
    operations(rows * w.rows() * w.cols());
    cost_.bytes +=
        static_cast<double>(w.rows() * w.cols() * (w.arithmetic() == ops::Arithmetic::bfloat16 ? 2 : 4));
  }
  void gated(int64_t rows, const ops::GatedLinear& w) {
    multiply(rows, w.gate), multiply(rows, w.value), exponentials(rows * w.gate.cols());
  }
  void attend(int64_t queries, int64_t keys, int64_t heads, int64_t width) {
    operations(2 * queries * keys * width), exponentials(queries * keys * heads);
  }

  Cost cost_;
};

}  // namespace pleat::model
