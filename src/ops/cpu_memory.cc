#include "ops/cpu_memory.h"

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "tensor/tensor.h"

namespace pleat::ops {

Stack::Piece Stack::take(int64_t bytes) {
  pieces_.push_back({arena_.used(), false});
  return {arena_.take<std::byte>(bytes), pieces_.size() - 1};
}

void Stack::give_back(size_t number) {
  pieces_[number].gone = true;
  while (!pieces_.empty() && pieces_.back().gone) {
    arena_.rewind(pieces_.back().below);
    pieces_.pop_back();
  }
}

CpuElements::CpuElements(Stack& stack, int64_t bytes) : stack_(&stack), piece_(stack.take(bytes)) {}

CpuElements::CpuElements(int64_t bytes) {
  if (bytes == 0) return;
  piece_.bytes = static_cast<std::byte*>(allocate_aligned(static_cast<size_t>(bytes)));
  std::memset(piece_.bytes, 0, static_cast<size_t>(bytes));
}

CpuElements::~CpuElements() {
  if (stack_)
    stack_->give_back(piece_.number);
  else
    std::free(piece_.bytes);
}

int64_t tokens_of(const Array& pair) {
  const auto tokens = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(pair.rows()))));
  PLEAT_ASSERT(tokens * tokens == pair.rows());
  return tokens;
}

}  // namespace pleat::ops
