// The check of a card's instructions: it passes between two emulations, and it notices a device that differs.
#include "cuda/conformance.h"

#include <gtest/gtest.h>

#include <cstring>

namespace pleat::cuda {
namespace {

// An emulation in which one bit of every kernel's results is wrong.
class WrongDevice final : public Device {
 public:
  explicit WrongDevice(ThreadPool& pool) : right_(emulated_device(pool)) {}
  std::string description() const override { return "wrong"; }
  int64_t free_memory() const override { return right_->free_memory(); }
  std::byte* allocate(int64_t bytes) override { return right_->allocate(bytes); }
  void release(std::byte* memory) override { right_->release(memory); }
  std::byte* allocate_on_host(int64_t bytes) override { return right_->allocate_on_host(bytes); }
  void release_on_host(std::byte* memory) override { right_->release_on_host(memory); }
  std::byte* range() override { return right_->range(); }
  void resize_range(int64_t bytes) override { right_->resize_range(bytes); }
  void zero(std::byte* memory, int64_t bytes) override { right_->zero(memory, bytes); }
  void upload(const void* from, std::byte* to, int64_t bytes) override { right_->upload(from, to, bytes); }
  void download(const std::byte* from, void* to, int64_t bytes) override {
    right_->download(from, to, bytes);
    static_cast<std::byte*>(to)[bytes / 8 * 4 + 2] ^= std::byte{64};
  }
  void launch(const Kernel& kernel, Grid grid, const void* arguments) override {
    right_->launch(kernel, grid, arguments);
  }
  void wait() override {}
  void begin_graph() override { right_->begin_graph(); }
  std::unique_ptr<Graph> end_graph() override { return right_->end_graph(); }
  void launch(const Graph& graph) override { right_->launch(graph); }

 private:
  std::unique_ptr<Device> right_;
};

TEST(Conformance, HoldsTheInstructionsAgainstEachOther) {
  ThreadPool pool(2);
  const std::unique_ptr<Device> one = emulated_device(pool), two = emulated_device(pool);
  const std::vector<Conformance> same = conformance_of(*one, *two);
  EXPECT_EQ(same.size(), 7u);
  for (const Conformance& c : same) EXPECT_EQ(c.difference, 0) << c.instruction;
  WrongDevice wrong(pool);
  for (const Conformance& c : conformance_of(wrong, *two)) EXPECT_FALSE(c.conforms()) << c.instruction;
}

}  // namespace
}  // namespace pleat::cuda
