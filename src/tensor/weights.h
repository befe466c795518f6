// The parameters of the network: the official weights file (specs: reference's model/params.py), in its
// naming variants, and synthetic parameters that need no file.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "tensor/dtype.h"
#include "tensor/tensor.h"

namespace pleat {

// One record. Values keep their stored width: bfloat16 parameters stay bfloat16 until a kernel packs them.
struct Parameter {
  std::string scope, name;
  DType dtype = DType::f32;  // f32, bf16 or u8
  Shape shape;
  std::string bytes;  // little-endian, C order

  std::string full_name() const { return scope + ":" + name; }
  // All values widened to float32.
  Tensor<float> values() const;
};

// What the official file holds: name, type and shape of each of its 405 parameters
// (data/parameters.tsv).
struct ParameterSchema {
  std::string_view scope, name;
  DType dtype;
  std::vector<int> shape;
};
const std::vector<ParameterSchema>& parameter_schema();

class Parameters {
 public:
  // Reads the model in `model_dir`: `synthetic:SEED` makes the synthetic parameters in memory, a folder is
  // searched for X.<n>.bin.zst, X.bin.zst.<n>, X.<n>.bin, X.bin].<n>, X.bin.zst, X.bin in that order (shards
  // in lexicographic order, bytes concatenated; two different X in the first pattern that matches are an
  // error); then checks every parameter as check() does. Throws Error naming the file and the parameter or
  // byte: no weights found (listing what was looked for, where the official weights are requested and where
  // to place them), no zstd stream, damaged or cut stream, cut record, unknown type, a repeated parameter,
  // and all that check() finds.
  static Parameters load(const std::string& model_dir);

  // Reads one folder's records without comparing them with the schema.
  static Parameters read(const fs::path& model_dir);

  // Every value is a pure function of (seed, name, index); weights_synthetic.cc has the
  // definition.
  static Parameters synthesise(uint64_t seed);

  // Compares names with parameter_schema() (missing, extra), the ranks and types, and the dimensions with
  // each other: other channel and layer counts than the official ones are fine when all parameters agree on
  // them. Throws Error naming the parameter, what was found and what is expected.
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

  // The 64 bytes of __meta__:__identifier__ as text (zero bytes kept), and the files that were read.
  std::string identifier() const;
  const std::string& source() const { return source_; }

 private:
  // False, and nothing added, when the name is there already.
  bool add(Parameter parameter);

  std::vector<Parameter> parameters_;
  std::map<std::string, size_t, std::less<>> by_name_;
  std::string source_;
};

}  // namespace pleat
