#include "cuda/emulation.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "base/error.h"
#include "cuda/address_sanitizer.h"

#ifdef PLEAT_ADDRESS_SANITIZER
#include <sanitizer/common_interface_defs.h>
#endif

// pleat_switch_fibre(save, to): pushes the callee-saved registers, stores the stack's top in *save, continues
// at `to`.
extern "C" void pleat_switch_fibre(void** save, void* to);
asm(R"(
.text
.globl pleat_switch_fibre
.type pleat_switch_fibre, @function
pleat_switch_fibre:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size pleat_switch_fibre, .-pleat_switch_fibre
)");

namespace pleat::cuda::emulation {

thread_local Running running;

namespace {

constexpr int kLanes = 32;

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
  uint32_t operator()() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<uint32_t>(state_ >> 32);
  }

 private:
  uint64_t state_;
};

enum class State : uint8_t { ready, at_barrier, in_operation, done };

struct Copy {
  std::byte* to;
  const std::byte* from;  // null: zeros
};

struct Fibre {
  void* top = nullptr;  // of its stack while it waits
  std::byte* stack = nullptr;
  State state = State::done;
  std::vector<Copy> copies;    // unfinished, oldest first
  std::vector<size_t> groups;  // number of copies at the end of each group
};

// The fibres of a block; the host thread itself is the scheduler. One Block per host thread.
class Block {
 public:
  void run(void (*kernel)(const void*), const void* arguments, Index index, int threads, int64_t shared_bytes,
           uint64_t seed);

  void wait(State state) {
    Fibre& fibre = fibres_[static_cast<size_t>(running.thread)];
    fibre.state = state;
    leave(fibre, false);
  }
  void together(Operation operation, void* operands) {
    Warp& warp = warps_[static_cast<size_t>(running.thread / kLanes)];
    // On hardware, lanes in different operations would hang, or worse.
    PLEAT_ASSERT(warp.waiting == 0 || warp.operation == operation);
    warp.operation = operation;
    warp.operands[running.thread % kLanes] = operands;
    ++warp.waiting;
    wait(State::in_operation);
  }
  Fibre& fibre() { return fibres_[static_cast<size_t>(running.thread)]; }
  std::byte* shared_begin() const { return shared_.get(); }
  std::byte* shared_end() const { return shared_.get() + shared_bytes_; }

 private:
  struct Warp {
    Operation operation = nullptr;
    void* operands[kLanes] = {};
    int waiting = 0;
  };
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };

#ifdef PLEAT_ADDRESS_SANITIZER
  static constexpr size_t kStack = size_t{256} << 10;
#else
  static constexpr size_t kStack = size_t{48} << 10;
#endif
  // Stacks a power of two apart would share a few cache lines.
  static constexpr size_t kStagger = 832;

  void prepare(int threads, int64_t shared_bytes);
  void prepare(Fibre& fibre);
  void run_warp(int warp);
  void enter(int thread);
  void leave(Fibre& fibre, bool ends);
  static void body();

  std::vector<Fibre> fibres_;
  std::vector<Warp> warps_;
  std::unique_ptr<std::byte[]> stacks_;
  std::unique_ptr<std::byte, Free> shared_;
  int64_t shared_bytes_ = -1;
  void* scheduler_ = nullptr;  // the top of its stack while a fibre runs
  void (*kernel_)(const void*) = nullptr;
  const void* arguments_ = nullptr;
  Random random_{0};
#ifdef PLEAT_ADDRESS_SANITIZER
  const void* scheduler_stack_ = nullptr;
  size_t scheduler_size_ = 0;
#endif
};

Block& this_block() {
  thread_local Block block;
  return block;
}

// NaN as a float32 and as two bfloat16.
void poison(std::byte* bytes, int64_t count) { std::fill_n(bytes, count, std::byte{0xff}); }

void Block::prepare(int threads, int64_t shared_bytes) {
  if (fibres_.size() < static_cast<size_t>(threads)) {
    const auto count = static_cast<size_t>(threads);
    fibres_.resize(count);
    stacks_ = std::make_unique_for_overwrite<std::byte[]>(count * (kStack + kStagger));
    for (size_t i = 0; i < count; ++i) fibres_[i].stack = stacks_.get() + i * (kStack + kStagger);
  }
  warps_.assign(static_cast<size_t>(threads / kLanes), Warp());
  if (shared_bytes != shared_bytes_) {
    shared_.reset(shared_bytes > 0 ? static_cast<std::byte*>(std::malloc(static_cast<size_t>(shared_bytes)))
                                   : nullptr);
    shared_bytes_ = shared_bytes;
  }
  poison(shared_.get(), shared_bytes);
}

// A stack from which pleat_switch_fibre returns into body, aligned as at a function's start.
void Block::prepare(Fibre& fibre) {
  auto top = reinterpret_cast<uintptr_t>(fibre.stack + kStack) & ~uintptr_t{15};
  auto* words = reinterpret_cast<void**>(top) - 8;
  std::fill_n(words, 8, nullptr);
  words[6] = reinterpret_cast<void*>(&Block::body);
  fibre.top = words;
  fibre.state = State::ready;
}

void Block::run(void (*kernel)(const void*), const void* arguments, Index index, int threads,
                int64_t shared_bytes, uint64_t seed) {
  PLEAT_ASSERT(threads % kLanes == 0);
  prepare(threads, shared_bytes);
  kernel_ = kernel;
  arguments_ = arguments;
  random_ = Random(seed);
  running.block = index;
  running.shared = shared_.get();
  for (int t = 0; t < threads; ++t) prepare(fibres_[static_cast<size_t>(t)]);
  const int warps = threads / kLanes;
  while (true) {
    const auto first = static_cast<int>(random_() % static_cast<uint32_t>(warps));
    for (int w = 0; w < warps; ++w) run_warp((first + w) % warps);
    int waiting = 0, done = 0;
    for (int t = 0; t < threads; ++t) {
      waiting += fibres_[static_cast<size_t>(t)].state == State::at_barrier;
      done += fibres_[static_cast<size_t>(t)].state == State::done;
    }
    PLEAT_ASSERT(waiting == 0 || done == 0);  // else some threads never reach a barrier
    if (done == threads) return;
    for (int t = 0; t < threads; ++t) fibres_[static_cast<size_t>(t)].state = State::ready;
  }
}

// Runs a warp until all of its threads wait at the barrier, or all are done.
void Block::run_warp(int w) {
  Warp& warp = warps_[static_cast<size_t>(w)];
  while (true) {
    const auto flip = static_cast<int>(random_() % kLanes);
    for (int lane = 0; lane < kLanes; ++lane) {
      const int thread = w * kLanes + (lane ^ flip);
      if (fibres_[static_cast<size_t>(thread)].state == State::ready) enter(thread);
    }
    if (warp.waiting == 0) return;
    PLEAT_ASSERT(warp.waiting == kLanes);  // else some threads of the warp wait elsewhere or have ended
    warp.waiting = 0;
    warp.operation(warp.operands);
    for (int lane = 0; lane < kLanes; ++lane)
      fibres_[static_cast<size_t>(w * kLanes + lane)].state = State::ready;
  }
}

void Block::enter(int thread) {
  Fibre& fibre = fibres_[static_cast<size_t>(thread)];
  running.thread = thread;
#ifdef PLEAT_ADDRESS_SANITIZER
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(&fake, fibre.stack, kStack);
  pleat_switch_fibre(&scheduler_, fibre.top);
  __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#else
  pleat_switch_fibre(&scheduler_, fibre.top);
#endif
}

void Block::leave(Fibre& fibre, [[maybe_unused]] bool ends) {
#ifdef PLEAT_ADDRESS_SANITIZER
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(ends ? nullptr : &fake, scheduler_stack_, scheduler_size_);
  pleat_switch_fibre(&fibre.top, scheduler_);
  __sanitizer_finish_switch_fiber(fake, &scheduler_stack_, &scheduler_size_);
#else
  pleat_switch_fibre(&fibre.top, scheduler_);
#endif
}

void Block::body() {
  Block& block = this_block();
#ifdef PLEAT_ADDRESS_SANITIZER
  __sanitizer_finish_switch_fiber(nullptr, &block.scheduler_stack_, &block.scheduler_size_);
#endif
  block.kernel_(block.arguments_);
  Fibre& fibre = block.fibre();
  PLEAT_ASSERT(fibre.copies.empty());  // else a thread ends with unfinished copies
  fibre.groups.clear();
  fibre.state = State::done;
  block.leave(fibre, true);
}

}  // namespace

void run_block(void (*kernel)(const void*), const void* arguments, Index block, int threads,
               int64_t shared_bytes, uint64_t seed) {
  this_block().run(kernel, arguments, block, threads, shared_bytes, seed);
}

void barrier() { this_block().wait(State::at_barrier); }

void together(Operation operation, void* operands) { this_block().together(operation, operands); }

// --- Asynchronous copies

constexpr int64_t kCopyBytes = 16;

void start_copy(void* shared, const void* global, bool valid) {
  Block& block = this_block();
  auto* to = static_cast<std::byte*>(shared);
  PLEAT_ASSERT(to >= block.shared_begin() && to + kCopyBytes <= block.shared_end());
  PLEAT_ASSERT(reinterpret_cast<uintptr_t>(to) % kCopyBytes == 0);
  PLEAT_ASSERT(reinterpret_cast<uintptr_t>(global) % kCopyBytes == 0);
  poison(to, kCopyBytes);
  block.fibre().copies.push_back({to, valid ? static_cast<const std::byte*>(global) : nullptr});
}

void end_copy_group() {
  Fibre& fibre = this_block().fibre();
  fibre.groups.push_back(fibre.copies.size());
}

void wait_copies(int groups) {
  Fibre& fibre = this_block().fibre();
  const auto left = static_cast<size_t>(groups);
  if (fibre.groups.size() <= left) return;
  const size_t finished = fibre.groups.size() - left, count = fibre.groups[finished - 1];
  for (size_t i = 0; i < count; ++i) {
    const Copy& copy = fibre.copies[i];
    if (copy.from)
      std::memcpy(copy.to, copy.from, kCopyBytes);
    else
      std::memset(copy.to, 0, kCopyBytes);
  }
  fibre.copies.erase(fibre.copies.begin(), fibre.copies.begin() + static_cast<std::ptrdiff_t>(count));
  fibre.groups.erase(fibre.groups.begin(), fibre.groups.begin() + static_cast<std::ptrdiff_t>(finished));
  for (size_t& end : fibre.groups) end -= count;
}

// --- Operations

namespace {

// values[lane][i] = combine(values[lane][i], values[lane ^ step][i]) with steps from `lanes` / 2 down to 1.
template <int count, class Combine>
void butterfly(void* const* lanes, int width, Combine combine) {
  for (int step = width / 2; step > 0; step /= 2)
    for (int lane = 0; lane < kLanes; ++lane) {
      if (lane & step) continue;
      auto *a = static_cast<float*>(lanes[lane]), *b = static_cast<float*>(lanes[lane ^ step]);
      for (int i = 0; i < count; ++i) a[i] = b[i] = combine(a[i], b[i]);
    }
}

float sum_of(float a, float b) { return a + b; }
float max_of(float a, float b) { return std::max(a, b); }

}  // namespace

void warp_sum(void* const* lanes) { butterfly<1>(lanes, kLanes, sum_of); }
void warp_max(void* const* lanes) { butterfly<1>(lanes, kLanes, max_of); }
void quad_sum(void* const* lanes) { butterfly<2>(lanes, 4, sum_of); }
void quad_max(void* const* lanes) { butterfly<2>(lanes, 4, max_of); }

void load_matrices(void* const* lanes) {
  for (int matrix = 0; matrix < 4; ++matrix)
    for (int row = 0; row < 8; ++row) {
      const void* from = static_cast<const MatrixLoad*>(lanes[8 * matrix + row])->row;
      PLEAT_ASSERT(reinterpret_cast<uintptr_t>(from) % 16 == 0);
      for (int pair = 0; pair < 4; ++pair)
        std::memcpy(static_cast<const MatrixLoad*>(lanes[4 * row + pair])->out + matrix,
                    static_cast<const std::byte*>(from) + 4 * pair, 4);
    }
}

}  // namespace pleat::cuda::emulation
