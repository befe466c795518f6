// The operations on the CPU: loops over blocks of rows; each block passes through its kernels while it is in
// cache. Kernels are serial; only Workers knows threads.
#pragma once

#include "ops/backend.h"
#include "ops/cpu_workers.h"

namespace pleat::ops {

// Backend states the contracts. Uses the instruction set that kernels::use_isa chose before the first pack.
class CpuBackend final : public Backend {
 public:
  explicit CpuBackend(ThreadPool& pool) : workers_(pool) {}

  Array make(int64_t rows, int64_t cols, Type type, Location location = Location::backend) override;
  Array temporary(int64_t rows, int64_t cols, Type type = Type::float32) override;
  Array upload(const Tensor<float>& values) override;
  Array upload(const Tensor<int32_t>& values) override;
  void download(const Array& x, Tensor<float>& out, int64_t first = 0) override;
  void update(const Tensor<float>& values, Array& x) override;
  Linear pack(const Tensor<float>& weights, Arithmetic arithmetic) override;
  void release_unused() override;
  bool on_host() const override { return true; }
  int64_t held_bytes() const override;
  int64_t packed_bytes(int64_t rows, int64_t cols, Arithmetic arithmetic) const override;
  int64_t triangle_bytes(int64_t tokens, int64_t channels, Arithmetic arithmetic) const override;
  int64_t pair_scratch_bytes(int64_t tokens, int64_t channels, int64_t width) const override;
  int64_t msa_scratch_bytes(int64_t tokens, int64_t pair_channels, const MsaSizes& msa) const override;
  int64_t window_scratch_bytes(int64_t pair_channels, int64_t logits) const override;
  int64_t head_scratch_bytes(int64_t tokens, int64_t channels, int64_t bins) const override;
  void copy(const Array& x, Array& out) override;
  void add(const Array& x, Array& act) override;
  void add_to_each(const Array& x, Array& act) override;
  Array repeat(const Array& x, int64_t groups) override;
  Array concatenate(const Array& a, const Array& b) override;
  Array scale(float factor, const Array& x) override;
  Array norm(const Array& x, const LayerNorm& norm) override;
  void norm_in_place(const LayerNorm& norm, Array& act) override;
  Array linear(const Array& x, const Linear& w) override;
  void add_linear(const Array& x, const Linear& w, Array& act) override;
  Array norm_linear(const Array& x, const LayerNorm& norm, const Linear& w) override;
  void transition(const Transition& weights, Array& act) override;
  void embed_pair(const PairEmbedding& weights, const Array& tokens, const Array& left_right,
                  const Array& bonds, Array& pair) override;
  Array embed_msa(const Array& letters, const Linear& w, const Array& extra) override;
  void embed_template(const TemplateEmbedding& weights, const Array& frames, const Array& tokens,
                      const Array& pair, Array& act) override;
  void add_templates(const Array& x, int64_t templates, const Linear& w, Array& pair) override;
  void relative_norm_linear(const Array& pair, const Array& tokens, const LayerNorm& norm, const Linear& w,
                            Array& out) override;
  void add_distances(const Array& left_right, const Array& positions, const Array& table,
                     Array& pair) override;
  void triangle_multiplication(const TriangleMultiplication& weights, Triangle edges, Array& pair) override;
  void grid_self_attention(const GridSelfAttention& weights, Axis axis, Array& pair) override;
  void outer_product_mean(const OuterProductMean& weights, const Array& msa, Array& pair) override;
  void msa_attention(const MsaAttention& weights, const Array& pair, Array& msa) override;
  Array pair_logits(const Array& pair, const LayerNorm& norm, const Linear& w) override;
  Array norm_qkvg(const Array& act, const LayerNorm& norm, const Attention& weights) override;
  Array attention(const Attention& weights, const Array& qkvg, const Array& logits) override;
  void add_gated_linear(const Array& o, const Array& qkvg, const Linear& w, Array& act) override;
  std::vector<Array> conditions(const Array& normed, const Array& condition,
                                std::span<const Condition* const> weights) override;
  Array adaptive_norm_linear(const Array& act, const Array& gate_shift, const Linear& w,
                             const Array& bias) override;
  void add_adaptive_zero(const Array& o, const Array& projections, const Linear& w, const Array& zero,
                         Array& act) override;
  void conditioned_transition(const ConditionedTransition& weights, const Array& gate_shift,
                              const Array& zero, Array& act) override;
  Array per_atom_conditioning(const PerAtomConditioning& weights, const Array& ref_pos, const Array& charge,
                              const Array& features) override;
  void tokens_to_atoms(const AtomWindows& windows, const Array& x, Array& act) override;
  Array atoms_to_tokens(const AtomWindows& windows, const Array& x, const Linear& w) override;
  std::vector<std::vector<Array>> atom_pair_logits(
      const AtomPairFeatures& weights, const AtomWindows& windows, const Array& cond, const Array& pair_cond,
      std::span<const AtomPairLogits* const> transformers) override;
  Array window_attention(const AtomWindows& windows, int64_t heads, const Array& q_gate, const Array& kv,
                         const Array& logits, Arithmetic arithmetic) override;
  Array expectations(const Array& x, const LayerNorm& norm, const Linear& w, const Array& values) override;
  Array symmetric_expectation(const Array& pair, const LayerNorm& norm, const Linear& w,
                              const Array& centres) override;
  std::vector<Array> aligned_error(const Array& pair, const Array& chains, const LayerNorm& norm,
                                   const Linear& w, const Array& centres) override;
  Distogram distogram(const Array& pair, const Linear& w, int64_t contact_bins, bool keep) override;
  void augment(const Array& transforms, const Array& noise, const Array& numbers, Array& positions) override;
  Array network_input(const Array& numbers, const Array& positions) override;
  void sampler_update(const Array& update, const Array& numbers, Array& positions) override;

 private:
  // For all threads, each with a task of `floats`.
  int64_t scratch_bytes(int64_t floats) const;

  static constexpr int64_t kMsaRows = 16;  // rows of the MSA that share one product per head

  Workers workers_;
  Stack stack_;
};

}  // namespace pleat::ops
