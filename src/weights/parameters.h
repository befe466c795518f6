// The parameters of a network: AlphaFold 3's weights file in all forms that it has (reference:
// model/params.py), and synthetic parameters that need no file.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/thread_pool.h"
#include "tensor/dtype.h"
#include "tensor/tensor.h"
#include "weights/network_sizes.h"

namespace pleat::weights {

// One record. Values keep their stored width: bfloat16 parameters stay bfloat16 until a kernel packs them.
struct Parameter {
  std::string scope, name;
  DType dtype = DType::f32;  // f32, bf16 or u8
  Shape shape;
  std::string bytes;  // little-endian, C order; empty where the values were not kept

  std::string full_name() const { return scope + ":" + name; }
  // Bytes that the values take in the file.
  int64_t stored_bytes() const { return element_count(shape) * byte_size(dtype); }
  // How many of the leading axes number the blocks of stacks.
  int64_t stack_axes() const;
  // All values widened to float32.
  Tensor<float> values() const;
};

class Parameters {
 public:
  // Reads the model in `model_dir`: `synthetic:SEED` makes the synthetic parameters in memory, a folder is
  // searched for X.<n>.bin.zst, X.bin.zst.<n>, X.<n>.bin, X.bin].<n>, X.bin.zst, X.bin in that order (shards
  // in lexicographic order, bytes concatenated; two different X in the first pattern that matches are an
  // error); then checks every parameter as check() does. Throws Error naming the file and the parameter or
  // byte: no weights found (listing what was looked for, where the official weights are requested and where
  // to place them), no zstd stream, damaged or cut stream, cut record, unknown type, a repeated parameter,
  // values of more than `most_bytes` together (before they are held), and all that check() finds.
  static Parameters load(const std::string& model_dir, ThreadPool& pool, int64_t most_bytes = INT64_MAX);

  // The same without values: a pass over the file, and none for the synthetic ones.
  static Parameters outline(const std::string& model_dir);

  // Reads one folder's records without checking them.
  static Parameters read(const fs::path& folder);

  // The parameters of a network of these sizes, without values.
  static Parameters of_sizes(const NetworkSizes& sizes);

  // The same with values, each a pure function of (seed, name, index); synthetic.cc has the definition.
  static Parameters synthesise(uint64_t seed, ThreadPool& pool, const NetworkSizes& sizes = official_sizes());

  // Compares the names with parameter_table() (missing, extra), the ranks and types, and the axes with each
  // other: other channel and block counts than the official ones are fine when all parameters agree on them.
  // Throws Error naming the parameter, what was found and what is expected.
  void check(const std::string& where) const;

  // Writes DIR/NAME.bin.zst in the official format (one zstd stream), whole or not at all.
  void write(const fs::path& file) const;

  // Frees the values of the parameters whose scope begins with `scope`; names and shapes stay.
  void release(std::string_view scope);

  // Cuts stacks of layers to their first layer: the network with one block where the official one has 48, 4
  // and 2, and the same memory for every activation. The diffusion's stacks, which share projections, stay.
  void cut_to_one_block();

  // The parameter `scope:name`; nullptr when absent.
  const Parameter* find(std::string_view full_name) const;
  const std::vector<Parameter>& all() const { return parameters_; }  // file order

  // Whether these are synthetic parameters, whose identifier is zeros, or the demo's.
  bool are_made_up() const;
  // The 64 bytes of __meta__:__identifier__ as text (zero bytes kept), and the files that were read.
  std::string identifier() const;
  const std::string& source() const { return source_; }

 private:
  // What read() keeps of the values, and how many bytes of them it takes at most.
  struct Values {
    bool kept = true;
    int64_t most_bytes = INT64_MAX;
  };
  static Parameters read(const fs::path& folder, const Values& values);
  static Error too_large(const std::string& source, int64_t most_bytes);

  // False, and nothing added, when the name is there already.
  bool add(Parameter parameter);
  // Makes the synthetic values.
  void fill(uint64_t seed, ThreadPool& pool);

  std::vector<Parameter> parameters_;
  std::map<std::string, size_t, std::less<>> by_name_;
  std::string source_;
};

}  // namespace pleat::weights
