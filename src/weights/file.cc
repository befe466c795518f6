// The weights file: finds it in a folder, reads and writes its records.
//
// A record is five little-endian int32 (lengths of scope, name and type name, number of axes, bytes of data),
// then scope, name and type name, the axes as int32, and the data in C order. A file is a sequence of
// records, plain or as one zstd stream, whole or divided into shards.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>

#include "base/error.h"
#include "weights/parameters.h"

extern "C" const char pleat_demo_weights[], pleat_demo_weights_end[];

namespace pleat::weights {
namespace {

// The model_dir of the embedded demo weights.
constexpr const char* kDemo = "demo";

constexpr const char* kRequest =
    "Only Google DeepMind gives out the parameters, by the request form linked from the README of the "
    "google-deepmind/alphafold3 repository. Put the file that you receive (af3.bin.zst) into a folder "
    "and give that with --model_dir. To try pleat without the parameters, use --model_dir demo.";

// The file names of a model X, in the order of search: X, `before`, a shard number if there is one, `after`.
// The bracket in the fourth is a typing error of the reference, kept.
struct Pattern {
  std::string_view before;
  bool numbered;
  std::string_view after;
  bool compressed;

  std::string shown() const { return fmt::format("X{}{}{}", before, numbered ? "<n>" : "", after); }
};
constexpr Pattern kPatterns[] = {{".", true, ".bin.zst", true}, {".bin.zst.", true, "", true},
                                 {".", true, ".bin", false},    {".bin].", true, "", false},
                                 {".bin.zst", false, "", true}, {".bin", false, "", false}};

// X of a file name that fits the pattern.
std::optional<std::string> model_of(std::string_view name, const Pattern& pattern) {
  if (!name.ends_with(pattern.after)) return std::nullopt;
  name.remove_suffix(pattern.after.size());
  if (pattern.numbered) {
    const size_t digits = name.size() - (name.find_last_not_of("0123456789") + 1);
    if (digits == 0) return std::nullopt;
    name.remove_suffix(digits);
  }
  if (!name.ends_with(pattern.before)) return std::nullopt;
  name.remove_suffix(pattern.before.size());
  return std::string(name);
}

struct ModelFiles {
  std::vector<fs::path> shards;  // in order
  bool compressed = false;
};

std::vector<fs::path> files_of(const fs::path& folder) {
  std::error_code error;
  if (fs::is_regular_file(folder, error))
    throw Error(folder.string(), "the path is a file, not the folder of the model parameters",
                "Give the folder of the file.");
  std::vector<fs::path> files;
  if (!fs::exists(folder, error))
    throw Error(folder.string(), "the folder of the model parameters does not exist", kRequest);
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (std::error_code ignored; it->is_regular_file(ignored)) files.push_back(it->path());
  if (error) throw Error(folder.string(), "the folder can't be read: " + error.message());
  std::ranges::sort(files);
  return files;
}

ModelFiles select_model_files(const fs::path& folder) {
  const std::vector<fs::path> files = files_of(folder);
  std::string looked_for;
  for (const Pattern& pattern : kPatterns) {
    std::vector<std::string> models;
    ModelFiles found{{}, pattern.compressed};
    for (const fs::path& file : files) {
      const std::optional<std::string> model = model_of(file.filename().string(), pattern);
      if (!model) continue;
      found.shards.push_back(file);
      if (std::ranges::find(models, *model) == models.end()) models.push_back(*model);
    }
    if (models.size() > 1)
      throw Error(folder.string(),
                  fmt::format("the folder holds several models: '{}' and '{}'", models[0], models[1]),
                  "Leave one model in the folder.");
    if (!models.empty()) return found;
    looked_for += (looked_for.empty() ? "" : ", ") + pattern.shown();
  }
  throw Error(folder.string(),
              fmt::format("the folder holds no model parameters (pleat looked for {})", looked_for),
              kRequest);
}

// The shards' bytes in sequence, unpacked if they are one zstd stream.
class ByteStream {
 public:
  ByteStream(const ModelFiles& files, const std::string& where)
      : where_(where), compressed_(files.compressed) {
    for (const fs::path& shard : files.shards) shards_.push_back(files_.emplace_back(shard).bytes());
    if (compressed_) check_magic();
  }
  // One zstd stream in memory.
  ByteStream(std::string_view bytes, const std::string& where)
      : where_(where), compressed_(true), shards_{bytes} {}

  // Fills `to`, or less at the end of the stream; returns the number of bytes.
  size_t read(char* to, size_t size) {
    const size_t got = compressed_ ? read_unpacked(to, size) : read_plain(to, size);
    position_ += got;
    return got;
  }
  // Bytes read so far.
  uint64_t position() const { return position_; }

  // Throws an error at byte `at` of the stream.
  [[noreturn]] void fail(const std::string& what, uint64_t at) const {
    throw Error(where_, fmt::format("{} (byte {}{})", what, at, compressed_ ? " of its unpacked stream" : ""),
                "Copy the file again.");
  }

 private:
  struct FreeContext {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };

  void check_magic() {
    const std::string_view start = shards_[0].substr(0, 4);
    using namespace std::string_view_literals;
    if (start != "\x28\xb5\x2f\xfd"sv)
      throw Error(where_,
                  fmt::format("the file is not a zstd stream (its first bytes are {:02x})",
                              fmt::join(std::vector<unsigned char>(start.begin(), start.end()), " ")),
                  "Copy the file again, or rename an unpacked file to X.bin.");
  }

  size_t read_plain(char* to, size_t size) {
    size_t got = 0;
    while (got < size && shard_ < shards_.size()) {
      const std::string_view left = shards_[shard_].substr(in_shard_);
      const size_t step = std::min(size - got, left.size());
      if (step) std::memcpy(to + got, left.data(), step);
      got += step;
      in_shard_ += step;
      if (step == left.size()) ++shard_, in_shard_ = 0;
    }
    return got;
  }

  // The reference reads only the first frame; ignores everything after it.
  size_t read_unpacked(char* to, size_t size) {
    ZSTD_outBuffer output{to, size, 0};
    while (output.pos < size && !frame_ended_) {
      if (shard_ == shards_.size()) fail("the zstd stream ends too early", position_ + output.pos);
      const std::string_view shard = shards_[shard_];
      ZSTD_inBuffer input{shard.data(), shard.size(), in_shard_};
      const size_t status = ZSTD_decompressStream(context_.get(), &output, &input);
      if (ZSTD_isError(status))
        fail(fmt::format("the zstd stream is damaged ({})", ZSTD_getErrorName(status)),
             position_ + output.pos);
      frame_ended_ = status == 0;
      in_shard_ = input.pos;
      if (input.pos == shard.size() && output.pos < size) ++shard_, in_shard_ = 0;
    }
    return output.pos;
  }

  std::string where_;
  bool compressed_;
  std::vector<MappedFile> files_;
  std::vector<std::string_view> shards_;  // the bytes of files_ or of memory
  size_t shard_ = 0, in_shard_ = 0;
  uint64_t position_ = 0;
  std::unique_ptr<ZSTD_DCtx, FreeContext> context_{ZSTD_createDCtx()};
  bool frame_ended_ = false;
};

// No weights file exceeds these; more means that the bytes are not a record.
constexpr int32_t kLongestName = 4096, kMostAxes = 16;

std::optional<DType> parse_dtype(std::string_view text) {
  for (DType dtype : {DType::f32, DType::bf16, DType::u8})
    if (text == name(dtype)) return dtype;
  return std::nullopt;
}

std::string read_exactly(ByteStream& in, size_t size, uint64_t record, const std::string& what) {
  std::string bytes(size, '\0');
  if (in.read(bytes.data(), size) < size)
    in.fail(fmt::format("the file is truncated: {} is incomplete", what), record);
  return bytes;
}

void skip_exactly(ByteStream& in, size_t size, uint64_t record, const std::string& what) {
  constexpr size_t kPiece = size_t{1} << 20;
  for (; size > kPiece; size -= kPiece) read_exactly(in, kPiece, record, what);
  read_exactly(in, size, record, what);
}

// The bytes of an array of this shape; nullopt when an axis is negative or the product overflows.
std::optional<int64_t> array_bytes(const Shape& shape, DType dtype) {
  int64_t bytes = byte_size(dtype);
  for (int64_t d : shape)
    if (d < 0 || __builtin_mul_overflow(bytes, d, &bytes)) return std::nullopt;
  return bytes;
}

// Reads the next record up to its values; nullopt at the end of the stream.
std::optional<Parameter> read_heading(ByteStream& in) {
  const uint64_t start = in.position();
  int32_t header[5];
  const size_t got = in.read(reinterpret_cast<char*>(header), sizeof header);
  if (got == 0) return std::nullopt;
  if (got < sizeof header) in.fail("the file is truncated: a record header is incomplete", start);
  const auto [scope_length, name_length, dtype_length, axes, data_length] = header;
  for (int32_t length : {scope_length, name_length, dtype_length})
    if (length < 1 || length > kLongestName) in.fail("the file has no parameter record here", start);
  if (axes < 0 || axes > kMostAxes || data_length < 0)
    in.fail("the file has no parameter record here", start);

  Parameter parameter;
  parameter.scope = read_exactly(in, static_cast<size_t>(scope_length), start, "a record");
  parameter.name = read_exactly(in, static_cast<size_t>(name_length), start, "a record");
  const std::string whose = "parameter " + parameter.full_name();
  const std::string dtype_name = read_exactly(in, static_cast<size_t>(dtype_length), start, whose);
  const std::string dims = read_exactly(in, static_cast<size_t>(axes) * sizeof(int32_t), start, whose);
  for (int axis = 0; axis < axes; ++axis) {
    int32_t dim;
    std::memcpy(&dim, dims.data() + static_cast<size_t>(axis) * sizeof dim, sizeof dim);
    parameter.shape.push_back(dim);
  }
  const std::optional<DType> dtype = parse_dtype(dtype_name);
  if (!dtype)
    in.fail(fmt::format("{} is of type '{}', not float32, bfloat16 or uint8", whose, dtype_name), start);
  parameter.dtype = *dtype;
  if (array_bytes(parameter.shape, *dtype) != data_length)
    in.fail(fmt::format("{} has {} bytes, which does not fit {} ({})", whose, data_length, dtype_name,
                        fmt::join(parameter.shape, ", ")),
            start);
  return parameter;
}

std::string encode_record(const Parameter& parameter) {
  const std::string dtype = name(parameter.dtype);
  std::string out;
  const auto put = [&](size_t number) {
    PLEAT_ASSERT(number <= static_cast<size_t>(std::numeric_limits<int32_t>::max()));
    const int32_t value = static_cast<int32_t>(number);
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  for (size_t length : {parameter.scope.size(), parameter.name.size(), dtype.size(), parameter.shape.size(),
                        parameter.bytes.size()})
    put(length);
  out.append(parameter.scope).append(parameter.name).append(dtype);
  for (int64_t dim : parameter.shape) put(static_cast<size_t>(dim));
  return out.append(parameter.bytes);
}

}  // namespace

Parameters Parameters::read(const fs::path& folder, const Values& values) {
  const bool demo = folder == kDemo;
  const ModelFiles files = demo ? ModelFiles{{kDemo}, true} : select_model_files(folder);
  Parameters parameters;
  parameters.source_ = files.shards.front().string();
  if (files.shards.size() > 1)
    parameters.source_ += fmt::format(" .. {}", files.shards.back().filename().string());
  ByteStream in = demo ? ByteStream({pleat_demo_weights, pleat_demo_weights_end}, parameters.source_)
                       : ByteStream(files, parameters.source_);
  int64_t left = values.most_bytes;
  while (true) {
    const uint64_t start = in.position();
    std::optional<Parameter> parameter = read_heading(in);
    if (!parameter) break;
    const std::string full_name = parameter->full_name(), whose = "parameter " + full_name;
    const int64_t bytes = parameter->stored_bytes();
    if (values.kept) {
      if (bytes > left) throw too_large(parameters.source_, values.most_bytes);
      left -= bytes;
      parameter->bytes = read_exactly(in, static_cast<size_t>(bytes), start, whose);
    } else {
      skip_exactly(in, static_cast<size_t>(bytes), start, whose);
    }
    if (!parameters.add(std::move(*parameter)))
      in.fail(fmt::format("parameter {} occurs twice", full_name), start);
  }
  if (parameters.parameters_.empty())
    throw Error(parameters.source_, "the file holds no parameters", kRequest);
  return parameters;
}

void Parameters::write(const fs::path& file) const {
  std::string records;
  for (const Parameter& parameter : parameters_) records += encode_record(parameter);
  write_file(file, zstd_compress(records));
}

}  // namespace pleat::weights
