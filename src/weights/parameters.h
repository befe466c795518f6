// The parameters of a network: AlphaFold 3's weights file in all its forms (reference: model/params.py), and
// synthetic parameters, which need no file.
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
  std::string bytes;  // little-endian, C order; empty without values

  std::string full_name() const { return scope + ":" + name; }
  // Bytes of the values in the file.
  int64_t stored_bytes() const { return element_count(shape) * byte_size(dtype); }
  // The number of leading axes that count the blocks of stacks.
  int64_t stack_axes() const;
  // All values widened to float32.
  Tensor<float> values() const;
};

class Parameters {
 public:
  // Reads and checks a model. `synthetic:SEED` makes synthetic parameters in memory. A folder is searched for
  // X.<n>.bin.zst, X.bin.zst.<n>, X.<n>.bin, X.bin].<n>, X.bin.zst, X.bin in that order; shards are
  // concatenated in lexicographic order; two different X in the first matching pattern are an error. Throws
  // Error naming the file and the parameter or byte: no weights (with the names looked for, and where to
  // request the official weights), not a zstd stream, a damaged or truncated stream, a truncated record, an
  // unknown type, a repeated parameter, more than `most_bytes` of values (before allocating them), and what
  // check() throws.
  static Parameters load(const std::string& model_dir, ThreadPool& pool, int64_t most_bytes = INT64_MAX);

  // The same without values: one pass over the file, and no work for synthetic parameters.
  static Parameters outline(const std::string& model_dir);

  // Reads one folder's records without checking them.
  static Parameters read(const fs::path& folder);

  // The parameters of a network of these sizes, without values.
  static Parameters of_sizes(const NetworkSizes& sizes);

  // The same with values, each a pure function of (seed, name, index), defined in synthetic.cc.
  static Parameters synthesise(uint64_t seed, ThreadPool& pool, const NetworkSizes& sizes = official_sizes());

  // Compares names, ranks and types with parameter_table(), and the axes with each other. Channel and block
  // counts may differ from the official ones if all parameters agree. Throws Error naming the parameter, what
  // it found and what it expects.
  void check(const std::string& where) const;

  // Writes DIR/NAME.bin.zst in the official format (one zstd stream), whole or not at all.
  void write(const fs::path& file) const;

  // Frees the values of the parameters whose scope begins with `scope`; names and shapes stay.
  void release(std::string_view scope);

  // Keeps only the first layer of each stack: one block where the official network has 48, 4 and 2, with the
  // same memory for every activation. The diffusion's stacks, which share projections, stay.
  void cut_to_one_block();

  // The parameter `scope:name`; nullptr when absent.
  const Parameter* find(std::string_view full_name) const;
  const std::vector<Parameter>& all() const { return parameters_; }  // file order

  // Whether these are synthetic parameters, whose identifier is zeros, or the demo's.
  bool are_made_up() const;
  // The 64 bytes of __meta__:__identifier__ as text (with zero bytes), and the files read.
  std::string identifier() const;
  const std::string& source() const { return source_; }

 private:
  // Whether read() keeps values, and the maximum bytes of them.
  struct Values {
    bool kept = true;
    int64_t most_bytes = INT64_MAX;
  };
  static Parameters read(const fs::path& folder, const Values& values);
  static Error too_large(const std::string& source, int64_t most_bytes);

  // Returns false, and adds nothing, when the name exists already.
  bool add(Parameter parameter);
  // Makes the synthetic values.
  void fill(uint64_t seed, ThreadPool& pool);

  std::vector<Parameter> parameters_;
  std::map<std::string, size_t, std::less<>> by_name_;
  std::string source_;
};

}  // namespace pleat::weights
