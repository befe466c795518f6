#include "featurise/batch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace pleat::featurise {
namespace {

// Axes of a feature: a length, or one of these. Padded arrays have kMsaRows rows and the bucket's tokens; a
// Batch has the real ones.
constexpr int64_t kTokenAxis = -1, kRowAxis = -2;

// The source of a Gather.
enum class Source { tokens, token_atoms, queries };

Shape resolve(Shape axes, int64_t tokens, int64_t rows) {
  for (int64_t& axis : axes) axis = axis == kTokenAxis ? tokens : axis == kRowAxis ? rows : axis;
  return axes;
}

int64_t windows_of(int64_t bucket) { return (bucket * kAtomSlots + kQueries - 1) / kQueries; }

template <class T>
void copy_corner(const T* from, const Shape& from_shape, T* to, const Shape& to_shape, size_t axis) {
  const int64_t common = std::min(from_shape[axis], to_shape[axis]);
  if (axis + 1 == to_shape.size()) {
    std::copy_n(from, common, to);
    return;
  }
  int64_t from_stride = 1, to_stride = 1;
  for (size_t i = axis + 1; i < to_shape.size(); ++i) from_stride *= from_shape[i], to_stride *= to_shape[i];
  for (int64_t i = 0; i < common; ++i)
    copy_corner(from + i * from_stride, from_shape, to + i * to_stride, to_shape, axis + 1);
}

// `values` cropped or zero-padded to `shape`, axis by axis.
template <class T>
Tensor<T> resized(const Tensor<T>& values, const Shape& shape) {
  PLEAT_ASSERT(values.rank() == static_cast<int64_t>(shape.size()));
  Tensor<T> out(shape);
  if (!out.empty()) copy_corner(values.data(), values.shape(), out.data(), shape, 0);
  return out;
}

// The single list of features, in the reference's order, for both writer and reader. B is Batch or const
// Batch.
template <class B, class Visitor>
void visit_features(B& b, Visitor&& v) {
  v.array("msa", b.msa, {kRowAxis, kTokenAxis});
  v.mask("msa_mask", {kRowAxis, kTokenAxis});
  v.array("deletion_matrix", b.deletion_matrix, {kRowAxis, kTokenAxis});
  v.array("profile", b.profile, {kTokenAxis, 31});
  v.array("deletion_mean", b.deletion_mean, {kTokenAxis});
  v.rows("num_alignments");
  v.array("template_aatype", b.template_aatype, {kTemplates, kTokenAxis});
  v.array("template_atom_positions", b.template_atom_positions, {kTemplates, kTokenAxis, kAtomSlots, 3});
  v.array("template_atom_mask", b.template_atom_mask, {kTemplates, kTokenAxis, kAtomSlots});
  v.array("residue_index", b.residue_index, {kTokenAxis});
  v.array("token_index", b.token_index, {kTokenAxis});
  v.array("aatype", b.aatype, {kTokenAxis});
  v.mask("seq_mask", {kTokenAxis});
  v.array("entity_id", b.entity_id, {kTokenAxis});
  v.array("asym_id", b.asym_id, {kTokenAxis});
  v.array("sym_id", b.sym_id, {kTokenAxis});
  v.tokens("seq_length");
  v.array("is_protein", b.is_protein, {kTokenAxis});
  v.array("is_rna", b.is_rna, {kTokenAxis});
  v.array("is_dna", b.is_dna, {kTokenAxis});
  v.array("is_ligand", b.is_ligand, {kTokenAxis});
  v.array("is_nonstandard_polymer_chain", b.is_nonstandard_polymer_chain, {kTokenAxis});
  v.array("is_water", b.is_water, {kTokenAxis});
  v.array("ref_pos", b.ref_pos, {kTokenAxis, kAtomSlots, 3});
  v.array("ref_mask", b.ref_mask, {kTokenAxis, kAtomSlots});
  v.array("ref_element", b.ref_element, {kTokenAxis, kAtomSlots});
  v.array("ref_charge", b.ref_charge, {kTokenAxis, kAtomSlots});
  v.array("ref_atom_name_chars", b.ref_atom_name_chars, {kTokenAxis, kAtomSlots, 4});
  v.array("ref_space_uid", b.ref_space_uid, {kTokenAxis, kAtomSlots});
  v.array("pred_dense_atom_mask", b.pred_dense_atom_mask, {kTokenAxis, kAtomSlots});
  v.array("residue_center_index", b.residue_center_index, {kTokenAxis});

  const int64_t bucket = v.bucket(), windows = windows_of(bucket);
  v.gather("tokens_to_polymer_ligand_bonds", b.tokens_to_polymer_ligand_bonds, {bucket, 2}, Source::tokens);
  v.gather("token_atoms_to_polymer_ligand_bonds", b.token_atoms_to_polymer_ligand_bonds, {bucket, 2},
           Source::token_atoms);
  v.gather("tokens_to_ligand_ligand_bonds", b.tokens_to_ligand_ligand_bonds, {10 * bucket, 2},
           Source::tokens);
  v.gather("token_atoms_to_pseudo_beta", b.token_atoms_to_pseudo_beta, {bucket}, Source::token_atoms);
  v.gather("token_atoms_to_queries", b.token_atoms_to_queries, {windows, kQueries}, Source::token_atoms);
  v.gather("tokens_to_queries", b.tokens_to_queries, {windows, kQueries}, Source::tokens);
  v.gather("tokens_to_keys", b.tokens_to_keys, {windows, kKeys}, Source::tokens);
  v.gather("queries_to_keys", b.queries_to_keys, {windows, kKeys}, Source::queries);
  v.gather("queries_to_token_atoms", b.queries_to_token_atoms, {bucket, kAtomSlots}, Source::queries);
  v.array("frames_mask", b.frames_mask, {kTokenAxis});
}

class Writer {
 public:
  explicit Writer(const Batch& batch) : batch_(batch) {}

  int64_t bucket() const { return batch_.bucket; }

  template <class T>
  void array(const char* name, const Tensor<T>& values, const Shape& axes) {
    PLEAT_ASSERT(values.shape() == resolve(axes, batch_.tokens, batch_.num_alignments()));
    const Tensor<T> padded = resized(values, resolve(axes, batch_.bucket, kMsaRows));
    if constexpr (std::is_same_v<T, uint8_t>)
      add(name, NpyArray::boolean(padded));
    else
      add(name, NpyArray::from(padded));
  }
  void mask(const char* name, const Shape& axes) {
    Tensor<uint8_t> ones(resolve(axes, batch_.tokens, batch_.num_alignments()));
    std::ranges::fill(ones.values(), uint8_t{1});
    array(name, ones, axes);
  }
  void rows(const char* name) { add(name, NpyArray::scalar(static_cast<int32_t>(batch_.num_alignments()))); }
  void tokens(const char* name) { add(name, NpyArray::scalar(static_cast<int32_t>(batch_.tokens))); }
  void gather(const std::string& name, const Gather& gather, const Shape& shape, Source) {
    PLEAT_ASSERT(gather.idx.shape() == shape && gather.mask.shape() == shape);
    add(name + ":gather_idxs", NpyArray::from(gather.idx));
    add(name + ":gather_mask", NpyArray::boolean(gather.mask));
    add(name + ":input_shape", NpyArray::from(gather.input_shape));
  }

  NpzArrays take() { return std::move(arrays_); }

 private:
  void add(const std::string& name, NpyArray array) { arrays_.emplace_back(name, std::move(array)); }

  const Batch& batch_;
  NpzArrays arrays_;
};

template <class T>
constexpr DType feature_type() {
  if constexpr (std::is_same_v<T, int8_t>) return DType::i8;
  if constexpr (std::is_same_v<T, uint8_t>) return DType::boolean;
  if constexpr (std::is_same_v<T, int32_t>) return DType::i32;
  if constexpr (std::is_same_v<T, int64_t>) return DType::i64;
  if constexpr (std::is_same_v<T, float>) return DType::f32;
  if constexpr (std::is_same_v<T, double>) return DType::f64;
}

// A file may hold the narrower of two types: the model narrows the wide one anyway.
bool type_accepted(DType stored, DType wanted) {
  return stored == wanted || (wanted == DType::f64 && stored == DType::f32) ||
         (wanted == DType::i64 && stored == DType::i32);
}

// Reads the sizes first, then checks every array by them. Errors name the array; read_features adds the file.
class Reader {
 public:
  explicit Reader(const std::map<std::string, NpyArray>& arrays) : arrays_(arrays) {
    const NpyArray& index = find("token_index");
    bucket_ = index.shape.size() == 1 ? index.shape[0] : 0;
    if (bucket_ == 0) bad("token_index", "the array has no tokens");
    tokens_ = scalar("seq_length", 1, bucket_);
    rows_ = scalar("num_alignments", 1, kMsaRows);
  }

  int64_t bucket() const { return bucket_; }
  int64_t token_count() const { return tokens_; }

  template <class T>
  void array(const char* name, Tensor<T>& values, const Shape& axes) {
    values = resized(stored<T>(name, resolve(axes, bucket_, kMsaRows)), resolve(axes, tokens_, rows_));
  }
  void mask(const char* name, const Shape& axes) {
    const Shape padded = resolve(axes, bucket_, kMsaRows);
    Tensor<uint8_t> ones(resolve(axes, tokens_, rows_));
    std::ranges::fill(ones.values(), uint8_t{1});
    if (!std::ranges::equal(stored<uint8_t>(name, padded).values(), resized(ones, padded).values()))
      bad(name, fmt::format("the mask is not true for exactly the first {} tokens{}", tokens_,
                            axes.size() > 1 ? fmt::format(" of the first {} rows", rows_) : ""));
  }
  void rows(const char*) const {}    // read by the constructor
  void tokens(const char*) const {}  // read by the constructor

  void gather(const std::string& name, Gather& gather, const Shape& shape, Source source) {
    gather.idx = stored<int64_t>(name + ":gather_idxs", shape);
    gather.mask = stored<uint8_t>(name + ":gather_mask", shape);
    gather.input_shape = source_shape(name + ":input_shape", source);
    const int64_t size =
        element_count({gather.input_shape.values().begin(), gather.input_shape.values().end()});
    for (int64_t index : gather.idx.values())
      if (index < 0 || index >= size)
        bad(name + ":gather_idxs",
            fmt::format("the index {} is outside the source of {} elements", index, size));
  }

 private:
  [[noreturn]] static void bad(const std::string& name, const std::string& what) {
    throw Error(name, what, "Make the features again with pleat featurise.");
  }

  const NpyArray& find(const std::string& name) const {
    const auto it = arrays_.find(name);
    if (it == arrays_.end()) bad(name, "the array is missing");
    return it->second;
  }

  template <class T>
  Tensor<T> stored(const std::string& name, const Shape& shape) const {
    const NpyArray& array = find(name);
    if (!type_accepted(array.dtype, feature_type<T>()) || array.shape != shape)
      bad(name,
          fmt::format("found {} ({}), expected {} ({})", pleat::name(array.dtype),
                      fmt::join(array.shape, ", "), pleat::name(feature_type<T>()), fmt::join(shape, ", ")));
    return array.as<T>();
  }

  int64_t scalar(const std::string& name, int64_t lowest, int64_t highest) const {
    const NpyArray& array = find(name);
    if (element_count(array.shape) != 1) bad(name, "the array is not a single number");
    const int64_t value = array.as<int64_t>()[0];
    if (value < lowest || value > highest)
      bad(name, fmt::format("found {}, expected {} to {}", value, lowest, highest));
    return value;
  }

  // Token layouts have the real or the padded length: the reference leaves some unpadded.
  Tensor<int64_t> source_shape(const std::string& name, Source source) const {
    const auto rank = source == Source::tokens ? 1 : 2;
    Tensor<int64_t> shape = stored<int64_t>(name, {rank});
    const bool token_length = shape[0] == tokens_ || shape[0] == bucket_;
    const bool right = source == Source::tokens ? token_length
                       : source == Source::token_atoms
                           ? token_length && shape[1] == kAtomSlots
                           : shape[0] == windows_of(bucket_) && shape[1] == kQueries;
    if (!right)
      bad(name, fmt::format("the source shape ({}) does not fit this job", fmt::join(shape.values(), ", ")));
    return shape;
  }

  const std::map<std::string, NpyArray>& arrays_;
  int64_t bucket_ = 0, tokens_ = 0, rows_ = 0;
};

}  // namespace

int64_t Batch::num_chains() const {
  return asym_id.empty() ? 0 : *std::ranges::max_element(asym_id.values());
}

NpzArrays to_features(const Batch& batch) {
  Writer writer(batch);
  visit_features(batch, writer);
  return writer.take();
}

Batch read_features(const fs::path& npz) {
  const std::map<std::string, NpyArray> arrays = read_npz(npz);
  try {
    Reader reader(arrays);
    Batch batch;
    batch.tokens = reader.token_count();
    batch.bucket = reader.bucket();
    visit_features(batch, reader);
    return batch;
  } catch (const Error& error) {
    throw error.within(npz.string());
  }
}

}  // namespace pleat::featurise
