// The emulated device on the host. Unwritten memory is NaN.
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <new>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/memory.h"
#include "cuda/address_sanitizer.h"
#include "cuda/device.h"

#ifdef PLEAT_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(bytes, count) (static_cast<void>(bytes), static_cast<void>(count))
#define ASAN_UNPOISON_MEMORY_REGION(bytes, count) (static_cast<void>(bytes), static_cast<void>(count))
#endif

namespace pleat::cuda {
namespace {

constexpr size_t kAlignment = 256;

size_t rounded(int64_t bytes) {
  return (static_cast<size_t>(bytes) + kAlignment - 1) / kAlignment * kAlignment;
}

class EmulatedDevice final : public Device {
 public:
  explicit EmulatedDevice(ThreadPool& pool) : pool_(pool) {
    void* range =
        mmap(nullptr, kRange, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED) throw std::bad_alloc();
    range_ = static_cast<std::byte*>(range);
  }
  ~EmulatedDevice() override {
    ASAN_UNPOISON_MEMORY_REGION(range_, held_);
    munmap(range_, kRange);
  }

  std::string description() const override {
    return "cuda_emulated (a GPU's kernels on the processor, slowly)";
  }
  int64_t free_memory() const override { return usable_memory() - resident_memory(); }

  std::byte* allocate(int64_t bytes) override {
    PLEAT_ASSERT(!recording_);
    auto* memory = static_cast<std::byte*>(std::aligned_alloc(kAlignment, rounded(bytes)));
    if (!memory) throw std::bad_alloc();
    std::memset(memory, 0xff, rounded(bytes));
    ASAN_POISON_MEMORY_REGION(memory + bytes, rounded(bytes) - static_cast<size_t>(bytes));
    sizes_[memory] = bytes;
    return memory;
  }
  void release(std::byte* memory) override {
    ASAN_UNPOISON_MEMORY_REGION(memory, rounded(sizes_.at(memory)));
    sizes_.erase(memory);
    std::free(memory);
  }

  std::byte* allocate_on_host(int64_t bytes) override { return allocate(bytes); }
  void release_on_host(std::byte* memory) override { release(memory); }

  std::byte* range() override { return range_; }
  void resize_range(int64_t bytes) override {
    PLEAT_ASSERT(!recording_ && static_cast<size_t>(bytes) <= kRange);
    const auto size = static_cast<size_t>(bytes);
    if (size < held_)
      madvise(range_ + size, held_ - size, MADV_DONTNEED);
    else
      ASAN_POISON_MEMORY_REGION(range_ + held_, size - held_);
    held_ = size;
  }
  // Also parts of a graph: each of its launches finds NaN where a temporary begins.
  void mark_taken(std::byte* memory, int64_t bytes) override {
    do_or_record([=] {
      ASAN_UNPOISON_MEMORY_REGION(memory, static_cast<size_t>(bytes));
      std::memset(memory, 0xff, static_cast<size_t>(bytes));
    });
  }
  void mark_free(std::byte* memory, int64_t bytes) override {
    do_or_record([=] { ASAN_POISON_MEMORY_REGION(memory, static_cast<size_t>(bytes)); });
  }

  void zero(std::byte* memory, int64_t bytes) override {
    do_or_record([=] { std::memset(memory, 0, static_cast<size_t>(bytes)); });
  }
  void upload(const void* from, std::byte* to, int64_t bytes) override {
    PLEAT_ASSERT(!recording_);
    std::memcpy(to, from, static_cast<size_t>(bytes));
  }
  void download(const std::byte* from, void* to, int64_t bytes) override {
    PLEAT_ASSERT(!recording_);
    std::memcpy(to, from, static_cast<size_t>(bytes));
  }

  // A recorded launch has its own copy of the arguments.
  void launch(const Kernel& kernel, Grid grid, const void* arguments) override {
    const auto* bytes = static_cast<const std::byte*>(arguments);
    std::vector<std::byte> kept(bytes, bytes + kernel.argument_bytes);
    do_or_record([this, &kernel, grid, kept = std::move(kept)] { run(kernel, grid, kept.data()); });
  }
  void wait() override { PLEAT_ASSERT(!recording_); }

  void begin_graph() override {
    PLEAT_ASSERT(!recording_);
    recording_ = std::make_unique<RecordedGraph>();
  }
  std::unique_ptr<Graph> end_graph() override {
    PLEAT_ASSERT(recording_);
    return std::move(recording_);
  }
  void launch(const Graph& graph) override {
    PLEAT_ASSERT(!recording_);
    for (const auto& step : static_cast<const RecordedGraph&>(graph).steps) step();
  }

 private:
  struct RecordedGraph final : Graph {
    std::vector<std::function<void()>> steps;
  };
  void do_or_record(std::function<void()> step) {
    if (recording_)
      recording_->steps.push_back(std::move(step));
    else
      step();
  }

  void run(const Kernel& kernel, Grid grid, const void* arguments) {
    const int64_t blocks = grid.x * grid.y * grid.z,
                  first = static_cast<int64_t>(++launches_ * 7919) % blocks;
    const uint64_t seed = launches_ << 32;
    pool_.run(blocks, [&](int64_t task, int) {
      const int64_t turned = (task + first) % blocks;
      const int64_t block = launches_ % 2 == 0 ? turned : blocks - 1 - turned;
      const emulation::Index index{block % grid.x, block / grid.x % grid.y, block / grid.x / grid.y};
      emulation::run_block(kernel.emulated, arguments, index, kernel.threads, kernel.shared_bytes,
                           seed + static_cast<uint64_t>(block));
    });
  }
  static constexpr size_t kRange = size_t{1} << 40;

  ThreadPool& pool_;
  std::byte* range_ = nullptr;
  size_t held_ = 0;
  std::map<std::byte*, int64_t> sizes_;
  uint64_t launches_ = 0;
  std::unique_ptr<RecordedGraph> recording_;
};

}  // namespace

std::unique_ptr<Device> emulated_device(ThreadPool& pool) { return std::make_unique<EmulatedDevice>(pool); }

}  // namespace pleat::cuda
