// The operations on a GPU, or on its emulation: a few kernels per call. Makes intermediates some rows at a
// time, so that they stay in the card's cache and need little memory.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cuda/memory.h"
#include "ops/backend.h"

namespace pleat::cuda {

using ops::Array;
using ops::AtomPairFeatures;
using ops::AtomPairLogits;
using ops::AtomWindows;
using ops::Attention;
using ops::Axis;
using ops::Condition;
using ops::ConditionedTransition;
using ops::GatedLinear;
using ops::GridSelfAttention;
using ops::LayerNorm;
using ops::Linear;
using ops::Location;
using ops::MsaAttention;
using ops::OuterProductMean;
using ops::PairEmbedding;
using ops::PerAtomConditioning;
using ops::TemplateEmbedding;
using ops::Transition;
using ops::Triangle;
using ops::TriangleMultiplication;
using ops::Type;

// Limits for the intermediates of an operation. Tests use small ones.
struct Pieces {
  int64_t bytes = int64_t{64} << 20;
  int64_t triangle_bytes = int64_t{2} << 30;  // each piece reads the whole other factor once
};

// ops::Backend states the contracts. Throws Error for heads of more than 48 channels or a pair of more than
// 128. Not thread-safe.
class CudaBackend final : public ops::Backend {
 public:
  // max_memory: limit of the device's memory in bytes; host_memory: of the host's that arrays may take.
  explicit CudaBackend(std::unique_ptr<Device> device, int64_t max_memory = INT64_MAX, Pieces pieces = {},
                       int64_t host_memory = 0);

  const Device& device() const { return *device_; }
  Device& device() { return *device_; }
  // The most bytes of temporaries at a time since the last release_unused.
  int64_t peak_of_temporaries() const { return memory_.high_water(); }

  Array make(int64_t rows, int64_t cols, Type type, Location location = Location::backend) override;
  Array temporary(int64_t rows, int64_t cols, Type type = Type::float32) override;
  Array upload(const Tensor<float>& values) override;
  Array upload(const Tensor<int32_t>& values) override;
  void download(const Array& x, Tensor<float>& out, int64_t first = 0) override;
  void update(const Tensor<float>& values, Array& x) override;
  // As a graph of the device from the second run on; the first run takes the memory that all runs need.
  std::unique_ptr<ops::Replay> replayed(std::function<void()> work) override;
  Linear pack(const Tensor<float>& weights, Arithmetic arithmetic) override;
  void finish() override { device_->wait(); }
  void release_unused() override;
  bool on_host() const override { return false; }
  int64_t held_bytes() const override { return memory_.held(); }
  int64_t host_bytes() const override { return host_memory_ - memory_.held_on_host(); }
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
  // Rows that an operation makes at a time, if each takes `bytes_of_row` of intermediates.
  int64_t piece_of(int64_t rows, int64_t bytes_of_row) const;
  void require(int64_t channels, int64_t most, const char* of_what) const;

  // Grids of kernels with one element per thread, and one row per warp.
  static Grid thread_grid(int64_t elements);
  static Grid warp_grid(int64_t rows);
  template <class Arguments>
  void launch(const Kernel& kernel, Grid grid, const Arguments& arguments) {
    PLEAT_ASSERT(kernel.argument_bytes == static_cast<int64_t>(sizeof(Arguments)));
    if (grid.x > 0 && grid.y > 0 && grid.z > 0) device_->launch(kernel, grid, &arguments);
  }
  void multiply(const ProductArguments& product, Arithmetic arithmetic, int64_t batch = 1);
  // out (+)= factor * x, rows of x repeated.
  void combine(const Array& x, Array& out, bool accumulate, float factor = 1);
  void normalise(const Array& x, const LayerNorm& norm, Array& out);
  void attend(AttentionArguments attention, int64_t groups, int64_t heads, Arithmetic arithmetic);

  // A packed right operand that products write; its padding is zeroed first.
  struct Factor;
  struct Lines;
  void project_factor(const TriangleMultiplication& weights, const Lines& lines, Factor& out);
  void project_lines(const TriangleMultiplication& weights, const Lines& lines, Array& out);
  void add_triangle(const TriangleMultiplication& weights, const Lines& lines, const Array& product);

  std::unique_ptr<Device> device_;
  Memory memory_;
  Pieces pieces_;
  int64_t host_memory_ = 0;
};

}  // namespace pleat::cuda
