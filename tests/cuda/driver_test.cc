// The driver's side of the backend, with a stand-in for the driver whose cards run the emulated kernels: how
// memory, code and kernels are asked for, and what users are told of cards that can't be used.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "cuda/backend.h"
#include "tests/cuda/operations.h"

namespace pleat::cuda {
namespace {

using testing::HasSubstr;

#ifdef PLEAT_FAKE_DRIVER

ThreadPool& pool() {
  static ThreadPool threads(2);
  return threads;
}

bool launch(const char* name, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned shared_bytes,
            const void* arguments) {
  for (const Kernel& kernel : all_kernels()) {
    if (std::strcmp(kernel.name, name) != 0) continue;
    if (kernel.threads != static_cast<int>(threads) || kernel.shared_bytes != shared_bytes) return false;
    static const std::unique_ptr<Device> emulation = emulated_device(pool());
    emulation->launch(kernel, {x, y, z}, arguments);
    return true;
  }
  return false;
}

long argument_bytes(const char* name) {
  for (const Kernel& kernel : all_kernels())
    if (std::strcmp(kernel.name, name) == 0) return kernel.argument_bytes;
  return 0;
}

// The stand-in, with its cards. The driver is loaded once: all tests have the same cards.
class DriverTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    setenv("PLEAT_CUDA_DRIVER", PLEAT_FAKE_DRIVER, 1);
    setenv("FAKE_CARDS", "NVIDIA H100|9|0|4096|3000;Tesla V100|7|0|16384|16000;NVIDIA L4|8|9|24576|300", 1);
    void* library = dlopen(PLEAT_FAKE_DRIVER, RTLD_NOW);
    ASSERT_NE(library, nullptr) << dlerror();
    reinterpret_cast<void (*)(decltype(&launch), decltype(&argument_bytes))>(
        dlsym(library, "fake_driver_set_launch"))(launch, argument_bytes);
    const auto counter = [&](const char* name) { return reinterpret_cast<Counter>(dlsym(library, name)); };
    used_ = counter("fake_driver_used");
    pinned_ = counter("fake_driver_pinned");
    graphs_ = counter("fake_driver_graphs");
    graph_launches_ = counter("fake_driver_graph_launches");
  }
  static long used() { return used_(); }
  static long pinned() { return pinned_(); }  // pieces of the host's memory
  static long graphs() { return graphs_(); }  // that there are now
  static long graph_launches() { return graph_launches_(); }

 private:
  using Counter = long (*)();
  static inline Counter used_ = nullptr, pinned_ = nullptr, graphs_ = nullptr, graph_launches_ = nullptr;
};

std::string error_of(int card) {
  try {
    card_device(card);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST_F(DriverTest, CardsAndWhyTheyCannotBeUsed) {
  std::string why_none;
  const std::vector<Card> all = cards(why_none);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].unusable, "");
  EXPECT_EQ(all[0].free_memory, 3000l << 20);
  EXPECT_THAT(all[1].unusable, HasSubstr("7.0 is too old: pleat needs 8.0"));
  EXPECT_THAT(all[2].unusable, HasSubstr("only 300 MiB of the GPU's 24.0 GiB are free"));
  EXPECT_THAT(error_of(1), HasSubstr("Tesla V100"));
  EXPECT_THAT(error_of(2), HasSubstr("NVIDIA L4"));
  EXPECT_THAT(error_of(3), HasSubstr("the machine has 3"));
}

TEST_F(DriverTest, OperationsThroughTheDriverGiveTheEmulationsBits) {
  const auto results = [](std::unique_ptr<Device> device, const test::Operation& operation) {
    CudaBackend ops(std::move(device));
    test::Operands operands(ops, Arithmetic::bfloat16);
    std::vector<Tensor<float>> out;
    for (const Array& a : operation.run(operands, 33)) {
      out.emplace_back(Shape{a.rows(), a.cols()});
      ops.download(a, out.back());
    }
    return out;
  };
  for (const test::Operation& operation : test::operations()) {
    const auto ours = results(card_device(0), operation),
               emulated = results(emulated_device(pool()), operation);
    for (size_t i = 0; i < ours.size(); ++i)
      EXPECT_EQ(std::memcmp(ours[i].data(), emulated[i].data(), ours[i].values().size_bytes()), 0)
          << operation.name << " result " << i;
    EXPECT_EQ(used(), 0) << operation.name << " keeps memory";
  }
}

TEST_F(DriverTest, MemoryOfTheRangeGrowsAndShrinks) {
  CudaBackend ops(card_device(0));
  constexpr int64_t kRows = 1 << 20;
  {
    const Array first = ops.temporary(kRows, 25), second = ops.temporary(kRows, 25);
    EXPECT_GE(used(), 2 * kRows * 100);
    EXPECT_EQ(ops.held_bytes(), used());
  }
  ops.release_unused();
  EXPECT_EQ(used(), 0);
}

TEST_F(DriverTest, WorkIsRecordedOnceAndReplayed) {
  const long launched = graph_launches();
  const auto [results, calls] = test::replayed_results(card_device(0));
  const auto [emulated, emulated_calls] = test::replayed_results(emulated_device(pool()));
  EXPECT_EQ(calls, 2) << "once to run, once to be recorded";
  EXPECT_EQ(graph_launches() - launched, test::kReplays - 1);
  EXPECT_EQ(results, emulated);
  EXPECT_EQ(graphs(), 0) << "the graph is kept";
  EXPECT_EQ(used(), 0) << "its memory is kept";
}

TEST_F(DriverTest, AnErrorEndsTheRecording) {
  CudaBackend ops(card_device(0));
  int calls = 0;
  const auto replay = ops.replayed([&] {
    if (++calls == 2) ops.make(1 << 20, 1, Type::float32);  // what a recording may not do
  });
  replay->run();
  EXPECT_THROW(replay->run(), Error);
  const Array after = ops.upload(Tensor<float>({4, 4}));
  Tensor<float> read({4, 4});
  ops.download(after, read);
  EXPECT_EQ(graphs(), 0);
}

TEST_F(DriverTest, ArraysOnTheHostAreThereForKernels) {
  constexpr int64_t kRows = 300, kCols = 40, kHost = int64_t{1} << 40;
  CudaBackend ops(card_device(0), INT64_MAX, {}, kHost);
  const Tensor<float> values = kernels::test::random_matrix(kRows, kCols, 1);
  const Array x = ops.upload(values);
  const int64_t before = ops.held_bytes();
  {
    Array on_host = ops.make(kRows, kCols, Type::float32, Location::host);
    EXPECT_EQ(ops.held_bytes(), before) << "of the device";
    EXPECT_LE(ops.host_bytes(), kHost - kRows * kCols * 4);
    EXPECT_EQ(pinned(), 1);
    ops.add(x, on_host);
    Tensor<float> out({kRows, kCols});
    ops.download(on_host, out);
    EXPECT_EQ(std::memcmp(out.data(), values.data(), values.values().size_bytes()), 0);
  }
  EXPECT_EQ(pinned(), 0);
  EXPECT_EQ(ops.host_bytes(), kHost);
  EXPECT_THROW(ops.make(int64_t{1} << 30, 2, Type::float32, Location::host), Error);
}

TEST_F(DriverTest, OutOfMemoryGivesTheNumbers) {
  CudaBackend limited(card_device(0), int64_t{100} << 20), unlimited(card_device(0));
  const auto message = [](CudaBackend& ops, int64_t mib, bool own) -> std::string {
    try {
      own ? ops.make(mib << 18, 1, Type::float32) : ops.temporary(mib << 18, 1);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  for (const bool own : {false, true}) {
    EXPECT_THAT(message(limited, 200, own), HasSubstr("may use only 100 MiB. Raise --max_device_memory"));
    EXPECT_THAT(message(unlimited, 3500, own), HasSubstr("are free. End other programs on the GPU"));
    EXPECT_EQ(message(limited, 30, own), "no error");
  }
}

#else

TEST(DriverTest, WithoutGpuCodeThereAreNoCards) {
  std::string why_none;
  EXPECT_TRUE(cards(why_none).empty());
  EXPECT_THAT(why_none, HasSubstr("built without GPU code"));
  EXPECT_THROW(card_device(0), Error);
}

#endif

}  // namespace
}  // namespace pleat::cuda
