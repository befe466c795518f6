// The operations of the network on whole arrays, the only view of a machine that src/model has.
//
// A backend owns memory, packed weights and the processors that work on them; ops/cpu_backend.h makes the one
// for the CPU. Operations run in the order of the calls. Operands are arrays and weights of the same backend,
// with the shapes that each operation states; a wrong shape is a broken invariant and asserts. Unless an
// operation says otherwise, results are float32 and share no memory with operands, and non-const arrays
// called `act`, `pair`, `msa` or `single` are updated in place.
//
// Symbols: N tokens, A atoms, S samples, C channels, H heads, W windows of atoms. The pair is [N * N, C], row
// i * N + j, in float32 or bfloat16. There is no padding, so all masks of the reference are one and omitted.
// Sums are float32. Equal operands give equal bits, for any number of threads or blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "ops/array.h"
#include "ops/step_numbers.h"
#include "ops/weights.h"
#include "tensor/tensor.h"

namespace pleat::ops {

constexpr int64_t kWindowQueries = 32, kWindowKeys = 128;  // atoms of a window of the atom attention
constexpr int64_t kMsaClasses = 32;                        // one-hot classes of a letter of the MSA

// The edges of the triangle to multiply: o_ij = sum_k a_ik b_jk, or sum_k a_kj b_ki.
enum class Triangle { outgoing, incoming };

// Whether attention runs along the pair's rows (starting node) or its columns (ending node).
enum class Axis { rows, columns };

// The atoms of a batch in flat order, and their attention windows. All int32 but ref_pos.
struct AtomWindows {
  int64_t atoms = 0, tokens = 0;
  Array token;             // [A, 1] token of an atom
  Array token_first_atom;  // [N + 1, 1] first atom of a token
  Array keys;       // [W * 128, 1] atom, or -1 for a padding key: zero key and value, still attended to
  Array query_uid;  // [A, 1] reference space
  Array key_uid;    // [W * 128, 1] reference space for comparing a key
  Array ref_pos;    // [A, 3] Angstrom

  int64_t windows() const { return (atoms + kWindowQueries - 1) / kWindowQueries; }
};

// Work that runs several times (Backend::replayed).
class Replay {
 public:
  virtual ~Replay() = default;
  virtual void run() = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;

  // --- Memory and transfers: the only places where elements pass between the host and the backend.

  // A zero array in its own memory, for arrays that outlive the stage that makes them.
  virtual Array make(int64_t rows, int64_t cols, Type type, Location location = Location::backend) = 0;
  // An uninitialised array in reused memory; the results of operations are such arrays.
  virtual Array temporary(int64_t rows, int64_t cols, Type type = Type::float32) = 0;
  // Leading axes as rows, the last one as columns.
  virtual Array upload(const Tensor<float>& values) = 0;
  virtual Array upload(const Tensor<int32_t>& values) = 0;
  // Copies the elements of x, widened to float32, to out's elements from `first`.
  virtual void download(const Array& x, Tensor<float>& out, int64_t first = 0) = 0;
  // Replaces the elements of x [.., .], float32, by as many values.
  virtual void update(const Tensor<float>& values, Array& x) = 0;
  // `work` makes the same calls in each run, on arrays that are there before and after it: only their elements
  // differ. It makes no array of its own memory, uploads and downloads nothing; what differs between runs is set by
  // `update` before a run. Between runs the caller holds the same temporaries. So a backend may keep the calls of an
  // early run and repeat them without `work`.
  virtual std::unique_ptr<Replay> replayed(std::function<void()> work);
  // Packs [in, out] for products; rounds the values to the arithmetic, once.
  virtual Linear pack(const Tensor<float>& weights, Arithmetic arithmetic) = 0;
  // Waits until the operations called so far are complete.
  virtual void finish() {}
  // Returns memory that no array uses to the system.
  virtual void release_unused() = 0;
  // Whether arrays are in the program's own memory; and the bytes that the program, or else the device, holds
  // now.
  virtual bool on_host() const = 0;
  virtual int64_t held_bytes() const = 0;

  // Bytes of the host's memory in which a device may still keep arrays; 0 if the backend is on the host.
  virtual int64_t host_bytes() const { return 0; }

  // --- Bytes for the memory plan, besides the arrays passed and returned.

  virtual int64_t packed_bytes(int64_t rows, int64_t cols, Arithmetic arithmetic) const = 0;
  virtual int64_t triangle_bytes(int64_t tokens, int64_t channels, Arithmetic arithmetic) const = 0;
  // Maximum scratch of all concurrent tasks of: operations on the pair, with attention of `width` channels
  // (all heads); operations on `depth` rows of the MSA; atom pairs of windows, with the logits of some blocks
  // and heads; heads with this number of bins.
  virtual int64_t pair_scratch_bytes(int64_t tokens, int64_t channels, int64_t width) const = 0;
  struct MsaSizes {
    int64_t depth, channels, width, head_width, outer_channels;
  };
  virtual int64_t msa_scratch_bytes(int64_t tokens, int64_t pair_channels, const MsaSizes& msa) const = 0;
  virtual int64_t window_scratch_bytes(int64_t pair_channels, int64_t logits) const = 0;
  virtual int64_t head_scratch_bytes(int64_t tokens, int64_t channels, int64_t bins) const = 0;

  // --- Rows

  // out = x, converted to out's type.
  virtual void copy(const Array& x, Array& out) = 0;
  // act += x, of one shape.
  virtual void add(const Array& x, Array& act) = 0;
  // act += x in each of act.rows() / x.rows() groups of rows (samples).
  virtual void add_to_each(const Array& x, Array& act) = 0;
  // x repeated `groups` times along the rows.
  virtual Array repeat(const Array& x, int64_t groups) = 0;
  // a and b side by side: [R, Ca + Cb].
  virtual Array concatenate(const Array& a, const Array& b) = 0;
  // factor * x.
  virtual Array scale(float factor, const Array& x) = 0;
  // LN(x).
  virtual Array norm(const Array& x, const LayerNorm& norm) = 0;
  // act = LN(act).
  virtual void norm_in_place(const LayerNorm& norm, Array& act) = 0;
  // x W.
  virtual Array linear(const Array& x, const Linear& w) = 0;
  // act += x W.
  virtual void add_linear(const Array& x, const Linear& w, Array& act) = 0;
  // LN(x) W.
  virtual Array norm_linear(const Array& x, const LayerNorm& norm, const Linear& w) = 0;
  // act += transition2(swish(g) * v), (g, v) = LN(act) transition1. act in either type. Algorithm 11.
  virtual void transition(const Transition& weights, Array& act) = 0;

  // --- Pair, MSA and single (the reference's model/network/modules.py)

  // pair_ij = left_i + right_j + LN(pair_ij) W + relative encoding of (i, j) + bond_embedding if i and j are
  // bonded. left_right [N, 2 C]; tokens [N, 5] int32 (ops/relative_encoding.h); bonds [B, 2] int32 token
  // pairs, repeated pairs count once. Algorithm 1, lines 3-8.
  virtual void embed_pair(const PairEmbedding& weights, const Array& tokens, const Array& left_right,
                          const Array& bonds, Array& pair) = 0;
  // msa_si = features_si W + extra_i. letters [S * N, 2] int32: class of a letter, deletions before it. The
  // features [34] are the one-hot class, min(deletions, 1), 2/pi atan(deletions / 3). extra [N, C]. Returns
  // [S * N, C]. Algorithm 8, lines 1-4.
  virtual Array embed_msa(const Array& letters, const Linear& w, const Array& extra) = 0;
  // act [N * N, C_t] = the sum of the table rows of one template's pair features, + LN(pair) W. frames [N,
  // 18]: each token's pseudo-beta, origin, e0, e1, e2, shift (position x is at (e0 . x, e1 . x, e2 . x) +
  // shift in the token's frame); tokens [N, 4] int32: residue type, chain, whether there is a pseudo-beta,
  // whether there is a backbone. Algorithm 16, lines 1-5.
  virtual void embed_template(const TemplateEmbedding& weights, const Array& frames, const Array& tokens,
                              const Array& pair, Array& act) = 0;
  // pair += relu(x / (1e-7 + templates)) W. Algorithm 16, lines 10-11.
  virtual void add_templates(const Array& x, int64_t templates, const Linear& w, Array& pair) = 0;
  // LN([pair_ij, relative encoding of (i, j)]) W into out [N * N, C]. Algorithm 21, lines 1-3.
  virtual void relative_norm_linear(const Array& pair, const Array& tokens, const LayerNorm& norm,
                                    const Linear& w, Array& out) = 0;
  // pair_ij += left_j + right_i + row b of the table, where b is the bin of the distance of positions i and j
  // (if any). left_right [N, 2 C], positions [N, 3] Angstrom, table [39, C]. Algorithm 31, lines 1-3.
  virtual void add_distances(const Array& left_right, const Array& positions, const Array& table,
                             Array& pair) = 0;

  // pair += gate * LN(o) W with o the triangle product of sigmoid(x G_a) * x P_a and sigmoid(x G_b) * x P_b,
  // x = LN(pair), gate = sigmoid(x G). Algorithms 12 and 13.
  virtual void triangle_multiplication(const TriangleMultiplication& weights, Triangle edges,
                                       Array& pair) = 0;
  // Gated attention along each row or column; the bias is b_ij of the untransposed pair in both. Algorithms
  // 14 and 15.
  virtual void grid_self_attention(const GridSelfAttention& weights, Axis axis, Array& pair) = 0;
  // pair_ij += ((sum_s l_si (x) r_sj) W + b) / (1e-3 + S), (l, r) = LN(msa) left_right. msa [S * N, C_m].
  // Algorithm 9.
  virtual void outer_product_mean(const OuterProductMean& weights, const Array& msa, Array& pair) = 0;
  // msa_si += (gate * sum_j w_ij v_sj) W, w the softmax of the pair's logits over j. Algorithm 10.
  virtual void msa_attention(const MsaAttention& weights, const Array& pair, Array& msa) = 0;

  // --- Attention with pair bias, for the trunk and for all samples of the diffusion

  // Logits [H, N * N]: (LN(pair) W) transposed.
  virtual Array pair_logits(const Array& pair, const LayerNorm& norm, const Linear& w) = 0;
  // LN(act) qkvg, q_bias added to q: [R, 4 H D].
  virtual Array norm_qkvg(const Array& act, const LayerNorm& norm, const Attention& weights) = 0;
  // Attention of N = sqrt(logits.cols()) rows within each of qkvg.rows() / N groups (samples), softmax(q k /
  // sqrt(D) + logits) v: [R, H D].
  virtual Array attention(const Attention& weights, const Array& qkvg, const Array& logits) = 0;
  // act += (o * sigmoid(gate)) W; the gate is the last o.cols() columns of qkvg.
  virtual void add_gated_linear(const Array& o, const Array& qkvg, const Linear& w, Array& act) = 0;

  // --- Conditioned layers (the reference's model/network/diffusion_transformer.py). Conditions are [L, .];
  // --- activations of S samples are [S * L, C], row s * L + l.

  // Each of `weights` applied to its input: normed [L, C_s] or condition [L, C_s]. Algorithms 24, 26.
  virtual std::vector<Array> conditions(const Array& normed, const Array& condition,
                                        std::span<const Condition* const> weights) = 0;
  // x W with x = gate * LN(act) + shift, LN without parameters; adds bias [1, B], if any, to the first B
  // columns. gate_shift [L, 2 C]. Algorithm 26.
  virtual Array adaptive_norm_linear(const Array& act, const Array& gate_shift, const Linear& w,
                                     const Array& bias) = 0;
  // act += zero * ((o * sigmoid(gate)) W); the gate is the last o.cols() columns of projections, zero [L, C].
  // Algorithm 24.
  virtual void add_adaptive_zero(const Array& o, const Array& projections, const Linear& w, const Array& zero,
                                 Array& act) = 0;
  // act += zero * transition2(swish(g) * v), (g, v) = (gate * LN(act) + shift) transition1. Algorithm 25.
  virtual void conditioned_transition(const ConditionedTransition& weights, const Array& gate_shift,
                                      const Array& zero, Array& act) = 0;

  // --- Atoms (the reference's model/network/atom_cross_attention.py)

  // The sum of each atom's table rows: [A, C]. ref_pos [A, 3] Angstrom; charge [A, 1], after asinh; features
  // [A, 6] int32: mask, element, four letters of the name. An atom without mask is zero; a feature without a
  // row adds nothing. Algorithm 5, line 1.
  virtual Array per_atom_conditioning(const PerAtomConditioning& weights, const Array& ref_pos,
                                      const Array& charge, const Array& features) = 0;
  // act_a += x_token(a) in each sample. x [S * N, C], act [S * A, C]. Algorithms 5 and 6.
  virtual void tokens_to_atoms(const AtomWindows& windows, const Array& x, Array& act) = 0;
  // Mean over each token's atoms of relu(x W): [S * N, C]. Algorithm 5, line 16.
  virtual Array atoms_to_tokens(const AtomWindows& windows, const Array& x, const Linear& w) = 0;
  // Pair logits of the blocks of each of `transformers`, from one set of pair features z: offsets and
  // distances within a reference space, + relu(cond) W_row and W_col, + LN(pair_cond) W of the atoms' tokens
  // if pair_cond [N * N, C] is not empty, then z += mlp(z). Returns the logits of each transformer's blocks,
  // each [W * H * 32, 128]. Algorithm 5, lines 2-14.
  virtual std::vector<std::vector<Array>> atom_pair_logits(
      const AtomPairFeatures& weights, const AtomWindows& windows, const Array& cond, const Array& pair_cond,
      std::span<const AtomPairLogits* const> transformers) = 0;
  // Attention of a window's 32 queries to its 128 keys. q_gate [S * A, 2 H D], kv [S * A, 2 H D]; arithmetic:
  // of the products. Returns [S * A, H D]. Algorithm 7.
  virtual Array window_attention(const AtomWindows& windows, int64_t heads, const Array& q_gate,
                                 const Array& kv, const Array& logits, Arithmetic arithmetic) = 0;

  // --- Heads

  // softmax over each group of values.cols() columns of LN(x) W, then its expectations under each row of
  // values [V, bins]: [V * R, groups], value-major.
  virtual Array expectations(const Array& x, const LayerNorm& norm, const Linear& w, const Array& values) = 0;
  // Expectation of centres [1, bins] under softmax(l_ij + l_ji), l = LN(pair) W: [N, N]. Algorithm 31, PDE.
  virtual Array symmetric_expectation(const Array& pair, const LayerNorm& norm, const Linear& w,
                                      const Array& centres) = 0;
  // For the error's probabilities softmax(LN(pair) W): the expectation of the error, and those of the
  // TM-score weights 1 / (1 + (error / d0)^2) with d0 of all N tokens and d0 of the tokens of the pair's one
  // or two chains. chains N int32; centres [1, bins] Angstrom. Returns three arrays [N, N]. Algorithm 31,
  // PAE.
  virtual std::vector<Array> aligned_error(const Array& pair, const Array& chains, const LayerNorm& norm,
                                           const Linear& w, const Array& centres) = 0;
  // Logits l_ij + l_ji, l = pair W, [N * N, bins] (empty without `keep`), and the probability of the first
  // `contact_bins` bins, [N, N].
  struct Distogram {
    Array logits, contact_probs;
  };
  virtual Distogram distogram(const Array& pair, const Linear& w, int64_t contact_bins, bool keep) = 0;

  // --- Sampler (algorithms 18 and 19). positions [S * A, 3] Angstrom

  // numbers [1, kStepNumbers]: of this step (StepNumber).
  // Each sample's positions x become R (x - centre) + t + noise scale * noise. transforms [S, 12]: rows e0,
  // e1, e2 with x' = x_0 e0 + x_1 e1 + x_2 e2, then t. noise [S * A, 3].
  virtual void augment(const Array& transforms, const Array& noise, const Array& numbers,
                       Array& positions) = 0;
  // input scale * positions.
  virtual Array network_input(const Array& numbers, const Array& positions) = 0;
  // positions += step size (positions - denoised) / noise level, denoised = keep * positions + change * update.
  virtual void sampler_update(const Array& update, const Array& numbers, Array& positions) = 0;
};

// Calls the work.
class PlainReplay final : public Replay {
 public:
  explicit PlainReplay(std::function<void()> work) : work_(std::move(work)) {}
  void run() override { work_(); }

 private:
  std::function<void()> work_;
};
inline std::unique_ptr<Replay> Backend::replayed(std::function<void()> work) {
  return std::make_unique<PlainReplay>(std::move(work));
}

}  // namespace pleat::ops
