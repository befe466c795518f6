#include "tensor/weights.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/error.h"
#include "tensor/npz.h"
#include "tensor/weights_axes.h"
#include "tests/support.h"
#include "tests/temporary_folder.h"

namespace pleat {
namespace {

using test::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;

const fs::path kTiny = PLEAT_SOURCE_DIR "/tests/tensor/golden/weights_tiny";

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string load_error(const fs::path& folder) {
  return error_of([&] { Parameters::load(folder.string()); });
}
std::string read_error(const fs::path& folder) {
  return error_of([&] { Parameters::read(folder); });
}

std::string record(const Parameter& parameter, const std::string& dtype) {
  const auto number = [](size_t value) {
    const int32_t narrow = static_cast<int32_t>(value);
    return std::string(reinterpret_cast<const char*>(&narrow), 4);
  };
  std::string out = number(parameter.scope.size()) + number(parameter.name.size()) + number(dtype.size()) +
                    number(parameter.shape.size()) + number(parameter.bytes.size()) + parameter.scope +
                    parameter.name + dtype;
  for (int64_t d : parameter.shape) out += number(static_cast<size_t>(d));
  return out + parameter.bytes;
}

std::string records(const std::vector<Parameter>& parameters) {
  std::string out;
  for (const Parameter& parameter : parameters) out += record(parameter, name(parameter.dtype));
  return out;
}

void reshape(Parameter& parameter, Shape shape) {
  parameter.bytes.assign(static_cast<size_t>(element_count(shape) * byte_size(parameter.dtype)), '\0');
  parameter.shape = std::move(shape);
}

// A whole network of zeros whose sizes are all different small numbers.
std::vector<Parameter> little_network() {
  std::map<std::string, int64_t> sizes;
  std::vector<Parameter> parameters;
  for (const ParameterSchema& row : parameter_schema()) {
    Parameter parameter{std::string(row.scope), std::string(row.name), row.dtype, {}, {}};
    Shape shape;
    for (const AxisFormula& axis : axes_of(parameter.full_name())) {
      for (const std::string& size : sizes_in(axis))
        sizes.emplace(size, 2 + static_cast<int64_t>(sizes.size()) % 7);
      shape.push_back(evaluate(axis, sizes));
    }
    reshape(parameter, shape);
    parameters.push_back(parameter);
  }
  return parameters;
}

Parameter& named(std::vector<Parameter>& parameters, const std::string& full_name) {
  return *std::ranges::find(parameters, full_name, &Parameter::full_name);
}

const std::string kTransition1 =
    "diffuser/evoformer/__layer_stack_no_per_layer_1/trunk_pairformer/pair_transition/transition1:weights";
const std::string kTransition2 =
    "diffuser/evoformer/__layer_stack_no_per_layer_1/trunk_pairformer/pair_transition/transition2:weights";
const std::string kOutputNorm = "diffuser/~/diffusion_head/output_norm:scale";

TEST(ParameterSchema, HoldsTheOfficialParameters) {
  const auto& schema = parameter_schema();
  ASSERT_EQ(schema.size(), 405u);
  EXPECT_EQ(schema[0].scope, "__meta__");
  EXPECT_EQ(schema[0].dtype, DType::u8);
  EXPECT_EQ(schema[0].shape, std::vector<int>{64});
  EXPECT_EQ(schema.back().name, "weights");
  EXPECT_EQ(schema.back().dtype, DType::bf16);
  EXPECT_EQ(schema.back().shape, (std::vector<int>{128, 64}));
  int64_t values = 0;
  for (const auto& row : schema) values += element_count(Shape(row.shape.begin(), row.shape.end()));
  EXPECT_GT(values, 360'000'000);
}

TEST(ParameterSchema, MeetsTheTableOfAxes) {
  std::map<std::string, int64_t> sizes;
  for (const auto& row : parameter_schema()) {
    const std::string full_name = fmt::format("{}:{}", row.scope, row.name);
    const auto axes = axes_of(full_name);
    ASSERT_EQ(axes.size(), row.shape.size()) << full_name;
    for (size_t axis = 0; axis < axes.size(); ++axis)
      if (sizes_in(axes[axis]) == std::vector{axes[axis]}) sizes.emplace(axes[axis], row.shape[axis]);
  }
  EXPECT_EQ(sizes.at("trunk.layers"), 48);
  EXPECT_EQ(sizes.at("pair_channels"), 128);
  for (const auto& row : parameter_schema()) {
    const std::string full_name = fmt::format("{}:{}", row.scope, row.name);
    const auto axes = axes_of(full_name);
    for (size_t axis = 0; axis < axes.size(); ++axis)
      EXPECT_EQ(evaluate(axes[axis], sizes), row.shape[axis]) << full_name << " " << axes[axis];
  }
}

TEST(WeightsReading, PlainPackedAndShardedAreTheSame) {
  TemporaryFolder plain, packed;
  fs::copy(kTiny / "tiny.bin", plain.path());
  fs::copy(kTiny / "tiny.bin.zst", packed.path());
  const auto expected = read_npz(kTiny / "expected.npz");
  for (const fs::path& folder : {plain.path(), packed.path(), kTiny / "sharded"}) {
    SCOPED_TRACE(folder);
    const Parameters parameters = Parameters::read(folder);
    ASSERT_EQ(parameters.all().size(), expected.size());
    for (const auto& [name, array] : expected) {
      const Parameter* parameter = parameters.find(name);
      ASSERT_TRUE(parameter) << name;
      EXPECT_EQ(parameter->shape, array.shape);
      EXPECT_TRUE(std::ranges::equal(parameter->values().values(), array.as<float>().values())) << name;
    }
    EXPECT_EQ(parameters.find("diffuser/a/b:weights")->dtype, DType::f32);
    EXPECT_EQ(parameters.find("diffuser/c:scale")->dtype, DType::bf16);
    EXPECT_EQ(parameters.find("diffuser/c:bias"), nullptr);
    EXPECT_EQ(parameters.identifier().size(), 64u);
    EXPECT_EQ(parameters.identifier()[63], 63);
  }
}

TEST(WeightsReading, PatternsInTheOrderOfTheReference) {
  const std::vector<Parameter> network = little_network();
  const std::vector<std::string> names = {"m.0.bin.zst", "m.bin.zst.0", "m.0.bin",
                                          "m.bin].0",    "m.bin.zst",   "m.bin"};
  TemporaryFolder folder;
  for (size_t i = names.size(); i-- > 0;) {
    const std::string bytes = records({network[i]});
    write_file(folder / names[i], names[i].find("zst") == std::string::npos ? bytes : zstd_compress(bytes));
    const Parameters read = Parameters::read(folder.path());
    EXPECT_EQ(read.all()[0].full_name(), network[i].full_name());
    EXPECT_EQ(read.source(), (folder / names[i]).string());
  }
}

TEST(WeightsReading, ShardsInLexicographicOrder) {
  const std::string bytes = zstd_compress(records({little_network()[3]}));
  TemporaryFolder folder;
  write_file(folder / "m.10.bin.zst", bytes.substr(0, 10));
  write_file(folder / "m.2.bin.zst", bytes.substr(10));
  EXPECT_EQ(Parameters::read(folder.path()).all().size(), 1u);
}

TEST(WeightsReading, OnlyTheFirstZstdFrameCounts) {
  const std::vector<Parameter> network = little_network();
  TemporaryFolder folder;
  write_file(folder / "m.bin.zst",
             zstd_compress(records({network[1]})) + zstd_compress(records({network[2]})));
  EXPECT_EQ(Parameters::read(folder.path()).all().size(), 1u);
}

TEST(WeightsReading, WritesWhatItReads) {
  TemporaryFolder folder;
  const Parameters tiny = Parameters::read(kTiny / "sharded");
  tiny.write(folder / "new/again.bin.zst");
  EXPECT_EQ(decompress(read_file(folder / "new/again.bin.zst")), read_file(kTiny / "tiny.bin"));
}

TEST(WeightsErrors, NothingFoundSaysWhereItLookedAndWhatToDo) {
  TemporaryFolder folder;
  write_file(folder / "readme.txt", "no weights");
  EXPECT_THAT(load_error(folder.path()),
              AllOf(HasSubstr(folder.path().string()), HasSubstr("X.bin].<n>"), HasSubstr("X.bin.zst,"),
                    HasSubstr("request form"), HasSubstr("google-deepmind/alphafold3"),
                    HasSubstr("af3.bin.zst"), HasSubstr("--model_dir synthetic:1")));
  EXPECT_THAT(load_error(folder / "absent"), AllOf(HasSubstr("does not exist"), HasSubstr("request form")));
  EXPECT_THAT(load_error(folder / "readme.txt"), HasSubstr("not the folder"));
  write_file(folder / "m.bin", "");
  EXPECT_THAT(load_error(folder.path()), HasSubstr("no parameters"));
}

TEST(WeightsErrors, SeveralModels) {
  TemporaryFolder folder;
  write_file(folder / "a.bin.zst", "");
  write_file(folder / "b.bin.zst", "");
  EXPECT_THAT(load_error(folder.path()), HasSubstr("several models: 'a' and 'b'"));
}

TEST(WeightsErrors, SeedsThatAreNone) {
  for (const char* text :
       {"synthetic:", "synthetic:x", "synthetic:-1", "synthetic:1 ", "synthetic:18446744073709551616"})
    EXPECT_THAT(load_error(text), AllOf(HasSubstr("is no seed"), HasSubstr("synthetic:1"))) << text;
}

TEST(WeightsErrors, CutAnywhere) {
  TemporaryFolder folder;
  for (const char* file : {"tiny.bin", "tiny.bin.zst"}) {
    const std::string whole = read_file(kTiny / file);
    const Parameters expected = Parameters::read(kTiny / "sharded");
    for (size_t length = 1; length < whole.size(); ++length) {
      write_file(folder / "m.bin", "");
      fs::remove(folder / "m.bin");
      write_file(folder / (std::string("m") + (file + 4)), whole.substr(0, length));
      const std::string error = read_error(folder.path());
      // A plain file that is cut between two records can't be told from a whole one here; load() misses the
      // rest.
      if (error == "no error") {
        EXPECT_LT(Parameters::read(folder.path()).all().size(), expected.all().size());
      } else {
        EXPECT_THAT(error, testing::AnyOf(HasSubstr("(byte "), HasSubstr("no zstd stream"))) << length;
      }
    }
    fs::remove(folder / (std::string("m") + (file + 4)));
  }
}

TEST(WeightsErrors, FlippedBytesNeverDoMoreThanFail) {
  const std::string whole = read_file(kTiny / "tiny.bin");
  TemporaryFolder folder;
  for (size_t i = 0; i < whole.size(); ++i) {
    for (char flip : {'\x01', '\x40', '\x80'}) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      write_file(folder / "m.bin", damaged);
      read_error(folder.path());
    }
  }
}

TEST(WeightsErrors, DamagedStreams) {
  TemporaryFolder folder;
  write_file(folder / "m.bin.zst", "PK\x03\x04 is no zstd");
  EXPECT_THAT(read_error(folder.path()), AllOf(HasSubstr("no zstd stream"), HasSubstr("50 4b 03 04")));
  std::string bytes = zstd_compress(records(little_network()));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0xff);
  write_file(folder / "m.bin.zst", bytes.substr(0, 40) + std::string(40, '\xff'));
  EXPECT_THAT(read_error(folder.path()), HasSubstr("unpacked stream"));
}

TEST(WeightsErrors, RecordsThatAreNone) {
  TemporaryFolder folder;
  const Parameter parameter{"scope", "name", DType::f32, {2, 3}, std::string(24, '\0')};
  write_file(folder / "m.bin", record(parameter, "float64"));
  EXPECT_THAT(read_error(folder.path()),
              AllOf(HasSubstr("scope:name"), HasSubstr("'float64'"), HasSubstr("byte 0")));
  Parameter shorter = parameter;
  shorter.bytes.resize(20);
  write_file(folder / "m.bin", record(shorter, "float32"));
  EXPECT_THAT(read_error(folder.path()), AllOf(HasSubstr("scope:name"), HasSubstr("20 bytes")));
  write_file(folder / "m.bin", record(parameter, "float32") + record(parameter, "float32"));
  EXPECT_THAT(read_error(folder.path()),
              AllOf(HasSubstr("scope:name"), HasSubstr("second time"), HasSubstr("byte 68")));
  write_file(folder / "m.bin", std::string(100, '\0'));
  EXPECT_THAT(read_error(folder.path()), HasSubstr("no parameter record"));
}

// Writes the little network, changed by `change`, and says what loading it reports.
std::string changed_error(const std::function<void(std::vector<Parameter>&)>& change) {
  TemporaryFolder folder;
  std::vector<Parameter> network = little_network();
  change(network);
  write_file(folder / "m.bin.zst", zstd_compress(records(network)));
  return load_error(folder.path());
}

TEST(WeightsChecks, ANetworkOfOtherSizesIsFine) {
  EXPECT_EQ(changed_error([](auto&) {}), "no error");
}

TEST(WeightsChecks, OtherOrderIsFine) {
  EXPECT_EQ(changed_error([](auto& network) { std::ranges::reverse(network); }), "no error");
}

TEST(WeightsChecks, MissingAndExtraParameters) {
  EXPECT_THAT(changed_error([](auto& network) {
                std::erase_if(network, [](const Parameter& p) { return p.full_name() == kTransition1; });
              }),
              AllOf(HasSubstr(kTransition1), HasSubstr("is missing")));
  EXPECT_THAT(changed_error([](auto& network) {
                network.push_back({"diffuser/other", "weights", DType::f32, {1}, std::string(4, '\0')});
              }),
              AllOf(HasSubstr("diffuser/other:weights"), HasSubstr("no AlphaFold 3 network")));
}

TEST(WeightsChecks, TypeAndRank) {
  EXPECT_THAT(changed_error([](auto& network) {
                Parameter& parameter = named(network, kTransition1);
                parameter.dtype = DType::f32;
                reshape(parameter, parameter.shape);
              }),
              AllOf(HasSubstr(kTransition1), HasSubstr("is float32, expected bfloat16")));
  EXPECT_THAT(changed_error([](auto& network) {
                reshape(named(network, kOutputNorm), {3, 4});
              }),
              AllOf(HasSubstr(kOutputNorm), HasSubstr("(3, 4)"), HasSubstr("1 axes")));
  EXPECT_THAT(changed_error([](auto& network) { reshape(named(network, kOutputNorm), {0}); }),
              AllOf(HasSubstr(kOutputNorm), HasSubstr("at least one element")));
}

// Whichever parameter has an axis of its own, that one is named, with the size that it breaks.
TEST(WeightsChecks, EveryAxisOfEveryParameterIsChecked) {
  const std::vector<Parameter> network = little_network();
  TemporaryFolder folder;
  for (size_t i = 0; i < network.size(); i += 3) {  // every third: each one writes the whole network
    std::vector<Parameter> changed = network;
    const size_t axis = i % network[i].shape.size();
    Shape shape = network[i].shape;
    shape[axis] += 100;
    reshape(changed[i], shape);
    write_file(folder / "m.bin", records(changed));
    const AxisFormula formula = axes_of(network[i].full_name())[axis];
    EXPECT_THAT(load_error(folder.path()), AllOf(HasSubstr("has the shape ("), HasSubstr("should be")))
        << formula;
  }
}

TEST(WeightsChecks, AWrongAxisIsNamedWithItsSizeAndAWitness) {
  EXPECT_THAT(changed_error([](auto& network) {
                Parameter& parameter = named(network, kTransition2);
                Shape shape = parameter.shape;
                shape[0] += 1;
                reshape(parameter, shape);
              }),
              AllOf(HasSubstr("parameter " + kTransition2 + " has the shape"), HasSubstr("axis 0 should be"),
                    HasSubstr("trunk.layers"), HasSubstr("has it")));
  EXPECT_THAT(changed_error([](auto& network) { reshape(named(network, "__meta__:__identifier__"), {63}); }),
              AllOf(HasSubstr("__meta__:__identifier__"), HasSubstr("should be 64")));
}

TEST(WeightsGolden, TheSmallNetworkLoads) {
  PLEAT_REQUIRE_SHARED(shared);
  const Parameters parameters = Parameters::load((shared / "golden/small_network/weights").string());
  EXPECT_EQ(parameters.all().size(), 405u);
  EXPECT_EQ(parameters.find("diffuser/evoformer/left_single:weights")->shape, (Shape{127, 32}));
}

TEST(Weights, PartsAreFreedAndStacksAreCut) {
  Parameters parameters = Parameters::synthesise(1);
  const std::string stack = "diffuser/evoformer/__layer_stack_no_per_layer_1/trunk_pairformer",
                    name = stack + "/single_transition/transition2:weights";
  const Parameter whole = *parameters.find(name);
  ASSERT_EQ(whole.shape, (Shape{48, 1536, 384}));
  parameters.cut_to_one_block();
  parameters.check("the cut network");
  EXPECT_EQ(parameters.find(name)->shape, (Shape{1, 1536, 384}));
  EXPECT_EQ(parameters.find(name)->bytes, whole.bytes.substr(0, whole.bytes.size() / 48));

  parameters.release("diffuser/evoformer/");
  EXPECT_TRUE(parameters.find(name)->bytes.empty());
  for (const Parameter& parameter : parameters.all())
    EXPECT_EQ(parameter.bytes.empty(), parameter.scope.starts_with("diffuser/evoformer/"))
        << parameter.full_name();
}

TEST(WeightsSynthetic, ValuesOfTheDefinition) {
  const Parameters parameters = Parameters::load("synthetic:1");
  EXPECT_EQ(parameters.source(), "synthetic:1");
  EXPECT_EQ(parameters.identifier(), std::string(64, '\0'));
  parameters.check("synthetic:1");
  for (const auto& spot : nlohmann::json::parse(
           std::ifstream(PLEAT_SOURCE_DIR "/tests/tensor/golden/synthetic_weights_seed1.json"))) {
    const std::string full_name = spot["scope"].get<std::string>() + ":" + spot["name"].get<std::string>();
    SCOPED_TRACE(full_name);
    const Parameter* parameter = parameters.find(full_name);
    ASSERT_TRUE(parameter);
    EXPECT_EQ(name(parameter->dtype), spot["dtype"].get<std::string>());
    EXPECT_EQ(parameter->shape, spot["shape"].get<Shape>());
    const Tensor<float> values = parameter->values();
    for (int64_t i = 0; i < 4; ++i) EXPECT_EQ(values[i], spot["first4"][static_cast<size_t>(i)].get<float>());
    EXPECT_EQ(values[values.size() - 1], spot["last"].get<float>());
    const double sum = std::accumulate(values.values().begin(), values.values().end(), 0.0);
    EXPECT_NEAR(sum, spot["sum"].get<double>(), 1e-7);
  }
}

}  // namespace
}  // namespace pleat
