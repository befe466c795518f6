#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "base/error.h"
#include "tensor/npz.h"
#include "tests/support.h"
#include "tests/temporary_folder.h"
#include "tests/weights/other_sizes.h"
#include "weights/network_sizes.h"
#include "weights/parameters.h"
#include "weights/schema.h"

namespace pleat::weights {
namespace {

using pleat::test::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;

const fs::path kTiny = pleat::test::kGolden / "weights_tiny";

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string load_error(const fs::path& folder) {
  return error_of([&] {
    ThreadPool pool(1);
    Parameters::load(folder.string(), pool);
  });
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

// A whole network of zeros whose sizes are small numbers.
std::vector<Parameter> little_network() {
  NetworkSizes sizes;
  int64_t count = 0;
  for (const std::string& name : size_names()) size_named(sizes, name) = 2 + count++ % 7;
  std::vector<Parameter> parameters = Parameters::of_sizes(sizes).all();
  for (Parameter& parameter : parameters) reshape(parameter, parameter.shape);
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

TEST(ParameterTable, HoldsTheOfficialParameters) {
  const auto& rows = parameter_table().rows();
  ASSERT_EQ(rows.size(), 405u);
  EXPECT_EQ(rows[0].scope, "__meta__");
  EXPECT_EQ(rows[0].dtype, DType::u8);
  EXPECT_EQ(rows[0].official_shape, Shape{64});
  EXPECT_EQ(rows.back().name, "weights");
  EXPECT_EQ(rows.back().dtype, DType::bf16);
  EXPECT_EQ(rows.back().official_shape, (Shape{128, 64}));
  int64_t values = 0;
  for (const auto& row : rows) values += element_count(row.official_shape);
  EXPECT_GT(values, 360'000'000);
}

// The axes of every row give its official shape, and name every size.
TEST(ParameterTable, AxesFitTheOfficialShapes) {
  const Parameters official = Parameters::of_sizes(official_sizes());
  std::set<std::string> single;
  for (const ParameterRow& row : parameter_table().rows()) {
    EXPECT_EQ(official.find(row.full_name())->shape, row.official_shape) << row.full_name();
    for (const AxisFormula& axis : row.axes)
      if (is_single_size(axis)) single.insert(axis);
  }
  EXPECT_EQ(single, std::set<std::string>(size_names().begin(), size_names().end()));
}

TEST(ParameterTable, TakesFormulas) {
  NetworkSizes sizes;
  sizes.pair_channels = 5;
  sizes.trunk.pair.heads = 7;
  EXPECT_EQ(evaluate("39", sizes), 39);
  EXPECT_EQ(evaluate("pair_channels", sizes), 5);
  EXPECT_EQ(evaluate("63+2*trunk.pair.heads+pair_channels", sizes), 82);
  EXPECT_EQ(sizes_in("63+2*trunk.pair.heads+pair_channels"),
            (std::vector<std::string>{"trunk.pair.heads", "pair_channels"}));
  EXPECT_TRUE(is_single_size("pair_channels"));
  for (const char* formula : {"39", "2*pair_channels", "pair_channels+1"})
    EXPECT_FALSE(is_single_size(formula)) << formula;
}

TEST(NetworkSizes, AreReadFromShapes) {
  EXPECT_EQ(official_sizes().trunk.blocks, 48);
  EXPECT_EQ(official_sizes().pair_channels, 128);
  EXPECT_EQ(official_sizes().diffusion.transformer.all_blocks(), 24);
  EXPECT_EQ(network_sizes(Parameters::of_sizes(official_sizes())), official_sizes());
  const NetworkSizes other = test::other_sizes();
  EXPECT_EQ(network_sizes(Parameters::of_sizes(other)), other);
  std::set<int64_t> values;
  for (const std::string& name : size_names()) {
    values.insert(size_named(other, name));
    EXPECT_NE(size_named(other, name), size_named(official_sizes(), name)) << name;
  }
  EXPECT_EQ(values.size(), size_names().size()) << "all are different";
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
                    HasSubstr("af3.bin.zst"), HasSubstr("--model_dir demo")));
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
    EXPECT_THAT(load_error(text), AllOf(HasSubstr("is not a seed"), HasSubstr("synthetic:1"))) << text;
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
        EXPECT_THAT(error, testing::AnyOf(HasSubstr("(byte "), HasSubstr("not a zstd stream"))) << length;
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
  EXPECT_THAT(read_error(folder.path()), AllOf(HasSubstr("not a zstd stream"), HasSubstr("50 4b 03 04")));
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
              AllOf(HasSubstr("scope:name"), HasSubstr("occurs twice"), HasSubstr("byte 68")));
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
    const AxisFormula formula = parameter_table().find(network[i].full_name())->axes[axis];
    const bool alone = formula.ends_with("_bins");  // no other axis tells how many there should be
    EXPECT_THAT(load_error(folder.path()), alone
                                               ? testing::Matcher<std::string>("no error")
                                               : AllOf(HasSubstr("has the shape ("), HasSubstr("should be")))
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
                    HasSubstr("trunk.blocks"), HasSubstr("has it")));
  EXPECT_THAT(changed_error([](auto& network) { reshape(named(network, "__meta__:__identifier__"), {63}); }),
              AllOf(HasSubstr("__meta__:__identifier__"), HasSubstr("should be 64")));
}

TEST(WeightsGolden, TheSmallNetworkLoads) {
  const std::string folder = pleat::test::kSmallWeights.string();
  ThreadPool pool(1);
  const Parameters parameters = Parameters::load(folder, pool);
  EXPECT_EQ(parameters.all().size(), 405u);
  EXPECT_EQ(parameters.find("diffuser/evoformer/left_single:weights")->shape, (Shape{127, 32}));
  const NetworkSizes sizes = network_sizes(parameters);
  EXPECT_EQ(sizes.pair_channels, 32);
  EXPECT_EQ(sizes.conditioning.token_channels, 64);

  const Parameters outline = Parameters::outline(folder);
  EXPECT_EQ(network_sizes(outline), sizes);
  EXPECT_EQ(outline.source(), parameters.source());
  for (const Parameter& parameter : outline.all()) EXPECT_TRUE(parameter.bytes.empty());
}

// The values that are read never take more than they may.
TEST(WeightsReading, StopsWhereTheMemoryIsShort) {
  TemporaryFolder folder;
  const std::vector<Parameter> network = little_network();
  write_file(folder / "m.bin.zst", zstd_compress(records(network)));
  int64_t bytes = 0;
  for (const Parameter& parameter : network) bytes += parameter.stored_bytes();
  ThreadPool pool(1);
  const auto load = [&](const std::string& model_dir, int64_t most) {
    return error_of([&] { Parameters::load(model_dir, pool, most); });
  };
  EXPECT_EQ(load(folder.path().string(), bytes), "no error");
  EXPECT_THAT(load(folder.path().string(), bytes - 1),
              AllOf(HasSubstr("m.bin.zst: the parameters need more than the"), HasSubstr("--max_memory")));
  EXPECT_THAT(load(folder.path().string(), -1), HasSubstr("more than the 0 bytes"));
  EXPECT_THAT(load("synthetic:1", int64_t{1} << 30), HasSubstr("synthetic:1: the parameters need more than"));

  // The rest of a file that is too large is not read.
  write_file(folder / "m.bin.zst", zstd_compress(records(network) + "rubbish"));
  EXPECT_THAT(load(folder.path().string(), bytes), HasSubstr("truncated"));
  EXPECT_THAT(load(folder.path().string(), 1000), HasSubstr("more than the"));
}

TEST(WeightsErrors, AnOutlineIsCheckedAsItsFileIs) {
  TemporaryFolder folder;
  const std::string whole = records(little_network());
  for (const size_t length : {whole.size() - 1, whole.size() / 2, size_t{10}}) {
    write_file(folder / "m.bin", whole.substr(0, length));
    EXPECT_EQ(error_of([&] { Parameters::outline(folder.path().string()); }), load_error(folder.path()));
  }
}

TEST(Weights, PartsAreFreedAndStacksAreCut) {
  ThreadPool pool(2);
  Parameters parameters = Parameters::synthesise(1, pool);
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

TEST(WeightsSynthetic, AnyNumberOfThreadsMakesTheSameNetworkOfAnySizes) {
  ThreadPool one(1), three(3);
  const Parameters a = Parameters::synthesise(7, one, test::other_sizes()),
                   b = Parameters::synthesise(7, three, test::other_sizes());
  a.check("synthetic");
  ASSERT_EQ(a.all().size(), b.all().size());
  for (size_t i = 0; i < a.all().size(); ++i) {
    EXPECT_EQ(a.all()[i].bytes, b.all()[i].bytes);
    EXPECT_EQ(static_cast<int64_t>(a.all()[i].bytes.size()), a.all()[i].stored_bytes());
  }
}

TEST(WeightsSynthetic, ValuesOfTheDefinition) {
  ThreadPool pool(2);
  const Parameters parameters = Parameters::load("synthetic:1", pool);
  EXPECT_EQ(parameters.source(), "synthetic:1");
  EXPECT_EQ(parameters.identifier(), std::string(64, '\0'));
  parameters.check("synthetic:1");
  for (const auto& spot :
       nlohmann::json::parse(std::ifstream(pleat::test::kGolden / "synthetic_weights_seed1.json"))) {
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
}  // namespace pleat::weights
