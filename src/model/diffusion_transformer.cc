#include "model/diffusion_transformer.h"

#include <algorithm>
#include <cmath>

#include "featurise/batch.h"
#include "kernels/attention.h"
#include "model/modules.h"

namespace pleat {
namespace {

// LN(x) * scale then W is LN(x) then diag(scale) W.
Tensor<float> scaled_rows(Tensor<float> weights, const Tensor<float>& scale) {
  for (int64_t r = 0; r < weights.dim(0); ++r)
    for (int64_t c = 0; c < weights.dim(1); ++c) weights(r, c) *= scale[r];
  return weights;
}

}  // namespace

// --- Adaptive parts

AdaptiveLayerNorm::AdaptiveLayerNorm(const ParameterReader& reader)
    : scale_shift_(reader.packed(
          scaled_rows(side_by_side({reader.weights("single_cond_scale"), reader.weights("single_cond_bias")}),
                      reader.values("single_cond_layer_norm:scale")))),
      bias_(reader.values("single_cond_scale:bias")) {}

void AdaptiveLayerNorm::condition(ConstMat normalised, Mat gate_shift) const {
  gemm(normalised, scale_shift_, gate_shift);
  sigmoid(gate_shift.cols_at(0, channels()), bias_.data());
}

void AdaptiveLayerNorm::apply(ConstMat x, ConstMat gate_shift, int64_t first, Mat out) {
  for_segments(first, x.rows, gate_shift.rows, [&](int64_t offset, int64_t position, int64_t count) {
    const ConstMat rows = gate_shift.rows_at(position, count);
    adaptive_layer_norm(x.rows_at(offset, count), rows.cols_at(0, x.cols), rows.cols_at(x.cols, x.cols),
                        out.rows_at(offset, count));
  });
}

AdaptiveZeroInit::AdaptiveZeroInit(const ParameterReader& reader)
    : cond_(reader.linear("adaptive_zero_cond")),
      transition2_(reader.linear("transition2")),
      bias_(reader.values("adaptive_zero_cond:bias")) {}

void AdaptiveZeroInit::condition(ConstMat s, Mat zero) const {
  gemm(s, cond_, zero);
  sigmoid(zero, bias_.data());
}

void AdaptiveZeroInit::apply(ConstMat x, ConstMat zero, int64_t first, Mat act, Scratch& scratch) const {
  const Mat y = scratch.take(x.rows, channels());
  gemm(x, transition2_, y);
  for_segments(first, x.rows, zero.rows, [&](int64_t offset, int64_t position, int64_t count) {
    add_product(zero.rows_at(position, count), y.rows_at(offset, count), act.rows_at(offset, count));
  });
}

ConditionedTransition::ConditionedTransition(const ParameterReader& reader)
    : norm_(reader.prefixed("ffw_")),
      transition1_(reader.gated("ffw_transition1")),
      output_(reader.prefixed("ffw_")) {}

void ConditionedTransition::condition(ConstMat normalised, ConstMat s, Mat conditioning) const {
  const int64_t c = norm_.channels();
  norm_.condition(normalised, conditioning.cols_at(0, 2 * c));
  output_.condition(s, conditioning.cols_at(2 * c, c));
}

void ConditionedTransition::apply(ConstMat conditioning, int64_t first, Mat act, Scratch& scratch) const {
  const int64_t c = act.cols;
  const Mat x = scratch.take(act.rows, c), h = scratch.take(act.rows, transition1_.gate.cols());
  AdaptiveLayerNorm::apply(act, conditioning.cols_at(0, 2 * c), first, x);
  gated_gemm(Activation::swish, x, transition1_.gate, x, transition1_.value, h);
  output_.apply(h, conditioning.cols_at(2 * c, c), first, act, scratch);
}

PlainTransition::PlainTransition(const ParameterReader& reader)
    : layer_norm_(reader.layer_norm("ffw_layer_norm")),
      transition1_(reader.gated("ffw_transition1")),
      transition2_(reader.linear("ffw_transition2")) {}

void PlainTransition::operator()(const Context& context, StoredMat act) const {
  context.for_row_blocks(act.rows, [&](int64_t first, int64_t count, Scratch scratch) {
    const StoredMat rows = act.rows_at(first, count);
    const Mat x = scratch.take(count, act.cols), h = scratch.take(count, transition1_.gate.cols());
    layer_norm_(rows, Variance::slow, x);
    gated_gemm(Activation::swish, x, transition1_.gate, x, transition1_.value, h);
    add_gemm(h, transition2_, rows, scratch);
  });
}

// --- Token transformer

TransformerBlock::TransformerBlock(const ParameterReader& reader)
    : norm_(reader),
      qkvg_(reader.joined({"q_projection", "k_projection", "v_projection", "gating_query"})),
      q_bias_(reader.values("q_projection:bias")),
      heads_(q_bias_.dim(0)),
      output_(reader),
      transition_(reader) {}

void TransformerBlock::operator()(const Context& context, ConstMat normalised, ConstMat s, ConstMat bias,
                                  Mat act) const {
  Context::Scope scope(context);
  const int64_t tokens = s.rows, c = act.cols, width = q_bias_.size();
  // Columns: gate, shift, zero of the attention, then of the transition.
  const Mat conditioning = scope.take(tokens, 6 * c);
  const Mat attention_norm = conditioning.cols_at(0, 2 * c), attention_zero = conditioning.cols_at(2 * c, c);
  const Mat transition_conditioning = conditioning.cols_at(3 * c, 3 * c);
  constexpr int64_t kRows =
      96;  // of a task; the three conditionings of a block of rows are tasks of their own
  context.for_each((tokens + kRows - 1) / kRows * 3, [&](int64_t task, Scratch) {
    const int64_t first = task / 3 * kRows, count = std::min(kRows, tokens - first);
    const ConstMat n = normalised.rows_at(first, count), raw = s.rows_at(first, count);
    if (task % 3 == 0) transition_.condition(n, raw, transition_conditioning.rows_at(first, count));
    if (task % 3 == 1) norm_.condition(n, attention_norm.rows_at(first, count));
    if (task % 3 == 2) output_.condition(raw, attention_zero.rows_at(first, count));
  });

  const Mat qkvg = scope.take(act.rows, 4 * width), o = scope.take(act.rows, width);
  context.for_row_blocks(act.rows, [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat x = scratch.take(count, c), y = qkvg.rows_at(first, count);
    AdaptiveLayerNorm::apply(act.rows_at(first, count), attention_norm, first, x);
    gemm(x, qkvg_, y);
    add_row(q_bias_.data(), y.cols_at(0, width));
  });
  multi_head_attention(context, tokens, heads_, qkvg.cols_at(0, 3 * width), bias, o);
  context.for_row_blocks(act.rows, [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat rows = act.rows_at(first, count), x = o.rows_at(first, count);
    sigmoid_multiply(qkvg.rows_at(first, count).cols_at(3 * width, width), x);
    output_.apply(x, attention_zero, first, rows, scratch);
    transition_.apply(transition_conditioning, first, rows, scratch);
  });
}

Transformer::Transformer(const ParameterReader& head)
    : pair_input_layer_norm_(head.in("transformer").layer_norm("pair_input_layer_norm")) {
  const ParameterReader super = head.in("transformer").in("__layer_stack_with_per_layer");
  const int super_blocks = super.layers("pair_logits_projection:weights");
  for (int b = 0; b < super_blocks; ++b) {
    const ParameterReader inner = super.in("__layer_stack_with_per_layer").layer(b).prefixed("transformer");
    const int blocks = inner.layers("q_projection:bias");
    const Tensor<float> projection = super.layer(b).weights("pair_logits_projection");  // [C, blocks * heads]
    const int64_t heads = projection.dim(1) / blocks;
    for (int i = 0; i < blocks; ++i) {
      pair_logits_projection_.push_back(super.packed(columns(projection, i * heads, heads)));
      blocks_.emplace_back(inner.layer(i));
    }
  }
}

void Transformer::block_logits(const Context& context, ConstStoredMat pair, size_t block, Mat out) const {
  pleat::pair_logits(context, pair, pair_input_layer_norm_, Variance::slow, pair_logits_projection_[block],
                     out);
}

Transformer::PairLogits Transformer::pair_logits(const Context& context, StoredTensor pair, bool keep) const {
  if (!keep) return {{}, std::move(pair)};
  PairLogits logits;
  for (size_t b = 0; b < blocks_.size(); ++b) {
    const int64_t heads = pair_logits_projection_[b].cols();
    logits.blocks.push_back(Tensor<float>::uninitialised({heads, pair.view().rows}));
    block_logits(context, pair.view(), b, matrix(logits.blocks.back()));
  }
  return logits;
}

void Transformer::operator()(const Context& context, ConstMat s, const PairLogits& logits, Mat act) const {
  Context::Scope scope(context);
  const Mat normalised = scope.take(s.rows, s.cols);
  layer_norm(s, nullptr, nullptr, Variance::slow, normalised);
  for (size_t b = 0; b < blocks_.size(); ++b) {
    if (!logits.blocks.empty()) {
      blocks_[b](context, normalised, s, matrix(logits.blocks[b]), act);
      continue;
    }
    Context::Scope block_scope(context);
    const Mat bias = block_scope.take(pair_logits_projection_[b].cols(), logits.pair.view().rows);
    block_logits(context, logits.pair.view(), b, bias);
    blocks_[b](context, normalised, s, bias, act);
  }
}

// --- Atom transformer

CrossAttTransformer::Block::Block(const ParameterReader& reader)
    : q_norm(reader.prefixed("q")),
      k_norm(reader.prefixed("k")),
      q_gate(reader.joined({"q_projection", "gating_query"})),
      kv(reader.joined({"k_projection", "v_projection"})),
      q_bias(reader.values("q_projection:bias")),
      output(reader),
      transition(reader) {}

CrossAttTransformer::CrossAttTransformer(const ParameterReader& reader, const std::string& name)
    : pair_input_layer_norm_(reader.in(name).layer_norm("pair_input_layer_norm")),
      pair_logits_projection_(reader.in(name).linear("pair_logits_projection")) {
  const ParameterReader stack = reader.in(name).in("__layer_stack_with_per_layer").prefixed(name);
  const int blocks = stack.layers("q_projection:bias");
  for (int b = 0; b < blocks; ++b) blocks_.emplace_back(stack.layer(b));
  heads_ = pair_logits_projection_.cols() / blocks;
}

CrossAttTransformer::Conditioning CrossAttTransformer::condition(const Context& context,
                                                                 const AtomWindows& windows,
                                                                 ConstMat cond) const {
  Conditioning out;
  const int64_t c = cond.cols;
  for (size_t b = 0; b < blocks_.size(); ++b) {
    out.atoms.push_back(Tensor<float>::uninitialised({windows.atoms, 8 * c}));
    out.logits.push_back(
        Tensor<float>::uninitialised({windows.windows, heads_, featurise::kQueries, featurise::kKeys}));
  }
  context.for_row_blocks(windows.atoms, [&](int64_t first, int64_t count, Scratch scratch) {
    const ConstMat s = cond.rows_at(first, count);
    const Mat n = scratch.take(count, c);
    layer_norm(s, nullptr, nullptr, Variance::slow, n);
    for (size_t b = 0; b < blocks_.size(); ++b) {
      // Columns: query gate and shift, key gate and shift, zero, then the transition's gate, shift and zero.
      const Mat to = matrix(out.atoms[b]).rows_at(first, count);
      blocks_[b].q_norm.condition(n, to.cols_at(0, 2 * c));
      blocks_[b].k_norm.condition(n, to.cols_at(2 * c, 2 * c));
      blocks_[b].output.condition(s, to.cols_at(4 * c, c));
      blocks_[b].transition.condition(n, s, to.cols_at(5 * c, 3 * c));
    }
  });
  return out;
}

void CrossAttTransformer::write_logits(int64_t window, ConstMat z, Conditioning& conditioning,
                                       Scratch& scratch) const {
  const Mat x = scratch.take(z.rows, z.cols), y = scratch.take(z.rows, pair_logits_projection_.cols());
  pair_input_layer_norm_(z, Variance::slow, x);
  gemm(x, pair_logits_projection_, y);
  for (size_t b = 0; b < blocks_.size(); ++b)
    transpose(y.cols_at(static_cast<int64_t>(b) * heads_, heads_),
              Mat(&conditioning.logits[b](window), heads_, z.rows, featurise::kQueries * featurise::kKeys));
}

// Attention of one window: q_gate and kv are one sample's [A, 2 C]; out [queries of the window, C].
void CrossAttTransformer::attend(const Block& block, const AtomWindows& windows, int64_t window,
                                 ConstMat q_gate, ConstMat kv, const Tensor<float>& logits, Mat out,
                                 Scratch& scratch) const {
  const int64_t width = block.q_bias.size(), dim = width / heads_;
  const Mat keys_values = scratch.take(featurise::kKeys, 2 * width);
  for (int64_t k = 0; k < featurise::kKeys; ++k) {
    const int atom = windows.keys[static_cast<size_t>(window * featurise::kKeys + k)];
    if (atom >= 0)
      std::copy_n(kv.row(atom), 2 * width, keys_values.row(k));
    else
      std::fill_n(keys_values.row(k), 2 * width, 0.0f);
  }
  float* numerators = scratch.take(out.rows, featurise::kKeys).data;
  for (int64_t h = 0; h < heads_; ++h) {
    const Mat k = keys_values.cols_at(h * dim, dim), v = keys_values.cols_at(width + h * dim, dim);
    const PackedView keys_t = scratch.take_packed(k.data, dim, featurise::kKeys, 1, k.stride);
    const PackedView values = scratch.take_packed(v.data, featurise::kKeys, dim, v.stride, 1);
    attention(q_gate.cols_at(h * dim, dim), keys_t, values, 1.0f / std::sqrt(static_cast<float>(dim)),
              ConstMat(&logits(window, h), out.rows, featurise::kKeys), out.cols_at(h * dim, dim),
              numerators);
  }
  sigmoid_multiply(q_gate.cols_at(width, width), out);
}

void CrossAttTransformer::operator()(const Context& context, const AtomWindows& windows,
                                     const Conditioning& conditioning, Mat act) const {
  Context::Scope scope(context);
  const int64_t c = act.cols, width = blocks_[0].q_bias.size(), atoms = windows.atoms;
  const Mat q_gate = scope.take(act.rows, 2 * width), kv = scope.take(act.rows, 2 * width);
  for (size_t b = 0; b < blocks_.size(); ++b) {
    const Block& block = blocks_[b];
    const ConstMat conditions = matrix(conditioning.atoms[b]);
    context.for_row_blocks(act.rows, [&](int64_t first, int64_t count, Scratch scratch) {
      const Mat x = scratch.take(count, c), rows = act.rows_at(first, count),
                q = q_gate.rows_at(first, count);
      AdaptiveLayerNorm::apply(rows, conditions.cols_at(0, 2 * c), first, x);
      gemm(x, block.q_gate, q);
      add_row(block.q_bias.data(), q.cols_at(0, width));
      AdaptiveLayerNorm::apply(rows, conditions.cols_at(2 * c, 2 * c), first, x);
      gemm(x, block.kv, kv.rows_at(first, count));
    });
    context.for_each(act.rows / atoms * windows.windows, [&](int64_t task, Scratch scratch) {
      const int64_t sample = task / windows.windows, window = task % windows.windows;
      const int64_t first = window * featurise::kQueries,
                    count = std::min<int64_t>(featurise::kQueries, atoms - first);
      const Mat rows = act.rows_at(sample * atoms + first, count), o = scratch.take(count, width);
      attend(block, windows, window, q_gate.rows_at(sample * atoms + first, count),
             kv.rows_at(sample * atoms, atoms), conditioning.logits[b], o, scratch);
      block.output.apply(o, conditions.cols_at(4 * c, c), first, rows, scratch);
      block.transition.apply(conditions.cols_at(5 * c, 3 * c), first, rows, scratch);
    });
  }
}

}  // namespace pleat
