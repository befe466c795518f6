#include "tests/cuda/operations.h"

#include <array>
#include <cstdlib>

#include "cuda/backend.h"

namespace pleat::cuda::test {
namespace {

using ops::Variance;

std::vector<Array> one(Array a) {
  std::vector<Array> out;
  out.push_back(std::move(a));
  return out;
}

// --- Rows

std::vector<Array> rows(Operands& o, int64_t n) {
  std::vector<Array> out;
  const Array x = o.array(n, 24), y = o.array(3 * n, 24);
  out.push_back(o.ops.repeat(x, 3));
  o.ops.add(y, out[0]);
  o.ops.add_to_each(x, out[0]);
  out.push_back(o.ops.concatenate(x, o.array(n, 5)));
  out.push_back(o.ops.scale(0.3f, x));
  out.push_back(o.ops.norm(y, o.norm(24, Variance::slow)));
  Array z = o.pair(n, 20);
  o.ops.norm_in_place(o.norm(20), z);
  out.push_back(std::move(z));
  return out;
}

std::vector<Array> products(Operands& o, int64_t n) {
  std::vector<Array> out;
  const Array x = o.array(n, 140), y = o.pair(n, 33);
  out.push_back(o.ops.linear(x, o.linear(140, 150)));
  o.ops.add_linear(x, o.linear(140, 150), out[0]);
  out.push_back(o.ops.norm_linear(y, o.norm(33), o.linear(33, 7)));
  out.push_back(o.ops.norm_linear(x, {{}, {}, Variance::slow}, o.linear(140, 9)));
  return out;
}

std::vector<Array> transition(Operands& o, int64_t n) {
  Array pair = o.pair(n, 32);
  o.ops.transition({o.norm(32), o.gated(32, 72), o.linear(72, 32)}, pair);
  return one(std::move(pair));
}

// --- Pair, MSA and templates

std::vector<Array> embed_pair(Operands& o, int64_t n) {
  Array pair = o.pair(n, 32);
  const ops::PairEmbedding weights{o.norm(32), o.linear(32, 32), o.array(139, 32), o.array(1, 32)};
  const Array tokens = o.ints(n, 5, 4), bonds = o.ints(2, 2, static_cast<int>(n));
  o.ops.embed_pair(weights, tokens, o.array(n, 64), bonds, pair);
  return one(std::move(pair));
}

std::vector<Array> embed_msa(Operands& o, int64_t n) {
  const Array letters = o.ints(3 * n, 2, 35);
  const Linear w = o.linear(34, 16);
  return one(o.ops.embed_msa(letters, w, o.array(n, 16)));
}

std::vector<Array> embed_template(Operands& o, int64_t n) {
  ops::TemplateEmbedding weights{o.array(39, 16), o.array(1, 16),  o.array(31, 16), o.array(31, 16),
                                 o.array(1, 16),  o.array(1, 16),  o.array(1, 16),  o.array(1, 16),
                                 o.norm(32),      o.linear(32, 16)};
  const Array frames = o.ops.scale(9.0f, o.array(n, 18)), tokens = o.ints(n, 4, 2), pair = o.pair(n, 32);
  Array act = o.pair(n, 16);
  o.ops.embed_template(weights, frames, tokens, pair, act);
  return one(std::move(act));
}

std::vector<Array> add_templates(Operands& o, int64_t n) {
  Array pair = o.pair(n, 32);
  o.ops.add_templates(o.pair(n, 16), 4, o.linear(16, 32), pair);
  return one(std::move(pair));
}

std::vector<Array> relative_norm_linear(Operands& o, int64_t n) {
  Array out = o.pair(n, 24);
  const Array pair = o.pair(n, 32), tokens = o.ints(n, 5, 40);
  o.ops.relative_norm_linear(pair, tokens, o.norm(32 + 139, Variance::slow), o.linear(32 + 139, 24), out);
  return one(std::move(out));
}

std::vector<Array> add_distances(Operands& o, int64_t n) {
  Array pair = o.pair(n, 32);
  o.ops.add_distances(o.array(n, 64), o.ops.scale(20.0f, o.array(n, 3)), o.array(39, 32), pair);
  return one(std::move(pair));
}

std::vector<Array> triangles(Operands& o, int64_t n) {
  std::vector<Array> out;
  for (const auto edges : {ops::Triangle::outgoing, ops::Triangle::incoming}) {
    Array pair = o.pair(n, 20);
    o.ops.triangle_multiplication(
        {o.norm(20), o.norm(20), o.gated(20, 20), o.gated(20, 20), o.linear(20, 20), o.linear(20, 20)}, edges,
        pair);
    out.push_back(std::move(pair));
  }
  return out;
}

std::vector<Array> grid_attention(Operands& o, int64_t n) {
  std::vector<Array> out;
  for (const auto axis : {ops::Axis::rows, ops::Axis::columns}) {
    Array pair = o.pair(n, 32);
    o.ops.grid_self_attention(
        {o.norm(32), o.linear(32, 2), o.linear(32, 3 * 40), o.linear(32, 40), o.linear(40, 32), 2}, axis,
        pair);
    out.push_back(std::move(pair));
  }
  return out;
}

std::vector<Array> outer_product_mean(Operands& o, int64_t n) {
  Array pair = o.pair(n, 24);
  o.ops.outer_product_mean({o.norm(16), o.linear(16, 12), o.linear(36, 24), o.array(1, 24)},
                           o.array(5 * n, 16), pair);
  return one(std::move(pair));
}

std::vector<Array> msa_attention(Operands& o, int64_t n) {
  Array msa = o.array(5 * n, 16);
  o.ops.msa_attention(
      {o.norm(16), o.norm(32), o.linear(32, 3), o.linear(16, 12), o.linear(16, 12), o.linear(12, 16), 3},
      o.pair(n, 32), msa);
  return one(std::move(msa));
}

// --- Attention with pair bias and conditioned layers

std::vector<Array> pair_bias_attention(Operands& o, int64_t n) {
  std::vector<Array> out;
  for (const int64_t width : {4, 24, 48}) {
    constexpr int64_t kHeads = 2, kChannels = 40;
    ops::Attention weights{o.linear(kChannels, 4 * kHeads * width), o.array(1, kHeads * width), kHeads};
    const Array logits = o.ops.pair_logits(o.pair(n, 32), o.norm(32), o.linear(32, kHeads));
    Array act = o.array(2 * n, kChannels);
    const Array qkvg = o.ops.norm_qkvg(act, o.norm(kChannels, Variance::slow), weights);
    Array attended = o.ops.attention(weights, qkvg, logits);
    o.ops.add_gated_linear(attended, qkvg, o.linear(kHeads * width, kChannels), act);
    out.push_back(std::move(attended));
    out.push_back(std::move(act));
  }
  return out;
}

std::vector<Array> conditioned(Operands& o, int64_t n) {
  constexpr int64_t kChannels = 40, kCondition = 24;
  const auto condition = [&](int64_t cols, bool of_norm) {
    return ops::Condition{o.linear(kCondition, cols), o.array(1, kChannels), of_norm};
  };
  const ops::Condition norm = condition(2 * kChannels, true), zero = condition(kChannels, false);
  const std::array kinds{&norm, &zero};
  const Array normed = o.array(n, kCondition), plain = o.array(n, kCondition);
  std::vector<Array> out = o.ops.conditions(normed, plain, kinds);
  Array act = o.array(2 * n, kChannels);
  const Array q_bias = o.array(1, 30);
  Array projections = o.ops.adaptive_norm_linear(act, out[0], o.linear(kChannels, 60), q_bias);
  o.ops.add_adaptive_zero(o.array(2 * n, 30), projections, o.linear(30, kChannels), out[1], act);
  o.ops.conditioned_transition({o.gated(kChannels, 70), o.linear(70, kChannels)}, out[0], out[1], act);
  out.push_back(std::move(projections));
  out.push_back(std::move(act));
  return out;
}

// --- Atoms

// Tokens of one to four atoms.
ops::AtomWindows windows_of(Operands& o, int64_t n) {
  std::vector<int> token, first{0}, uid;
  for (int t = 0; t < n; ++t) {
    for (int a = 0; a < t * 7 % 4 + 1; ++a) {
      token.push_back(t);
      uid.push_back(t / 3);
    }
    first.push_back(static_cast<int>(token.size()));
  }
  const auto column = [&](const std::vector<int>& numbers) {
    return o.ops.upload(Tensor<int32_t>({static_cast<int64_t>(numbers.size()), 1}, numbers));
  };
  ops::AtomWindows out;
  out.atoms = static_cast<int64_t>(token.size());
  out.tokens = n;
  std::vector<int> keys, key_uid;
  for (int64_t w = 0; w < out.windows(); ++w)
    for (int64_t k = 0; k < ops::kWindowKeys; ++k) {
      const int64_t atom = w * 32 - 48 + k;
      const bool real = atom >= 0 && atom < out.atoms;
      keys.push_back(real ? static_cast<int>(atom) : -1);
      key_uid.push_back(real ? uid[static_cast<size_t>(atom)] : 0);
    }
  out.token = column(token);
  out.token_first_atom = column(first);
  out.keys = column(keys);
  out.query_uid = column(uid);
  out.key_uid = column(key_uid);
  out.ref_pos = o.ops.scale(3.0f, o.array(out.atoms, 3));
  return out;
}

std::vector<Array> atoms(Operands& o, int64_t n) {
  const ops::AtomWindows windows = windows_of(o, n);
  const int64_t a = windows.atoms;
  std::vector<Array> out;
  out.push_back(o.ops.per_atom_conditioning(
      {o.array(3, 24), o.array(1, 24), o.array(128, 24), o.array(1, 24), o.array(4 * 64, 24)}, o.array(a, 3),
      o.array(a, 1), o.ints(a, 6, 140)));
  Array act = o.array(2 * a, 24);
  o.ops.tokens_to_atoms(windows, o.array(2 * n, 24), act);
  out.push_back(o.ops.atoms_to_tokens(windows, act, o.linear(24, 36)));
  out.push_back(std::move(act));
  return out;
}

std::vector<Array> window_logits_and_attention(Operands& o, int64_t n) {
  const ops::AtomWindows windows = windows_of(o, n);
  constexpr int64_t kPair = 8, kHeads = 3, kWidth = 8;
  const ops::AtomPairFeatures features{
      o.linear(24, kPair),        o.linear(24, kPair),    o.array(3, kPair),      o.array(1, kPair),
      o.array(1, kPair),          o.linear(kPair, kPair), o.linear(kPair, kPair), o.linear(kPair, kPair),
      o.norm(32, Variance::slow), o.linear(32, kPair)};
  const ops::AtomPairLogits encoder{o.norm(kPair), o.linear(kPair, 2 * kHeads), kHeads},
      decoder{o.norm(kPair), o.linear(kPair, kHeads), kHeads};
  const std::array transformers{&encoder, &decoder};
  const Array cond = o.array(windows.atoms, 24);
  std::vector<Array> out;
  for (const bool trunk : {false, true}) {
    const Array pair = trunk ? o.pair(n, 32) : Array();
    auto logits = o.ops.atom_pair_logits(features, windows, cond, pair, transformers);
    const Array q_gate = o.array(2 * windows.atoms, 2 * kHeads * kWidth),
                kv = o.array(2 * windows.atoms, 2 * kHeads * kWidth);
    for (const Array* l : {&logits[0][1], &logits[1][0]})
      out.push_back(o.ops.window_attention(windows, kHeads, q_gate, kv, *l, o.arithmetic));
  }
  return out;
}

// --- Heads and sampler

std::vector<Array> heads(Operands& o, int64_t n) {
  std::vector<Array> out;
  const Array pair = o.pair(n, 32), centres = o.array(1, 40), chains = o.ints(n, 1, 3);
  out.push_back(o.ops.expectations(o.array(n, 24), o.norm(24), o.linear(24, 60), o.array(2, 10)));
  out.push_back(o.ops.symmetric_expectation(pair, o.norm(32), o.linear(32, 40), centres));
  for (Array& a : o.ops.aligned_error(pair, chains, o.norm(32), o.linear(32, 40), centres))
    out.push_back(std::move(a));
  const Linear w = o.linear(32, 40);
  for (const bool keep : {false, true}) {
    ops::Backend::Distogram d = o.ops.distogram(pair, w, 12, keep);
    out.push_back(std::move(d.contact_probs));
    if (keep) out.push_back(std::move(d.logits));
  }
  return out;
}

std::vector<Array> sampler(Operands& o, int64_t n) {
  Array positions = o.array(2 * n, 3);
  const Array numbers =
      o.ops.upload(Tensor<float>({1, ops::kStepNumbers}, std::array{0.7f, 0.3f, 0.4f, 1.3f, 5.0f, -1.1f}));
  o.ops.augment(o.array(2, 12), o.array(2 * n, 3), numbers, positions);
  std::vector<Array> out = one(o.ops.network_input(numbers, positions));
  o.ops.sampler_update(o.array(2 * n, 3), numbers, positions);
  out.push_back(std::move(positions));
  return out;
}

}  // namespace

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = {
      {"Rows", rows},
      {"Products", products},
      {"Transition", transition},
      {"EmbedPair", embed_pair},
      {"EmbedMsa", embed_msa},
      {"EmbedTemplate", embed_template},
      {"AddTemplates", add_templates},
      {"RelativeNormLinear", relative_norm_linear},
      {"AddDistances", add_distances},
      {"Triangles", triangles},
      {"GridAttention", grid_attention},
      {"OuterProductMean", outer_product_mean},
      {"MsaAttention", msa_attention},
      {"PairBiasAttention", pair_bias_attention},
      {"Conditioned", conditioned},
      {"Atoms", atoms},
      {"WindowAttention", window_logits_and_attention},
      {"Heads", heads},
      {"Sampler", sampler},
  };
  return all;
}

std::unique_ptr<Device> tested_device(ThreadPool& pool) {
  const char* named = std::getenv("PLEAT_TEST_DEVICE");
  const std::string device = named ? named : "cuda_emulated";
  return device.starts_with("cuda:") ? card_device(std::stoi(device.substr(5))) : emulated_device(pool);
}

Replayed replayed_results(std::unique_ptr<Device> device, bool recorded) {
  CudaBackend backend(std::move(device));
  constexpr int64_t kRows = 40, kCols = 24;
  Operands o(backend, Arithmetic::split);
  Array x = o.array(kRows, kCols), sum = o.array(kRows, kCols);
  const Linear w = o.linear(kCols, kCols);
  Replayed out;
  const auto work = [&] {
    const Array hidden = backend.linear(x, w);
    backend.norm_in_place({}, sum);
    backend.add(hidden, sum);
    ++out.calls;
  };
  const auto replay = recorded ? backend.replayed(work) : std::make_unique<ops::PlainReplay>(work);
  Tensor<float> values({kRows, kCols});
  for (int run = 0; run < kReplays; ++run) {
    backend.update(kernels::test::random_matrix(kRows, kCols, static_cast<unsigned>(run), 1), x);
    replay->run();
    backend.download(sum, values);
    out.sums.insert(out.sums.end(), values.values().begin(), values.values().end());
  }
  return out;
}

}  // namespace pleat::cuda::test
