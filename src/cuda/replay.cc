// Work that runs several times, as a graph of the device: the card repeats its launches without the host.
#include "cuda/backend.h"

namespace pleat::cuda {
namespace {

class GraphReplay final : public ops::Replay {
 public:
  GraphReplay(Device& device, const Memory& memory, std::function<void()> work)
      : device_(device), memory_(memory), work_(std::move(work)) {}

  // The first run takes memory, which a recording may not.
  void run() override {
    if (runs_++ == 0) return run_first();
    // Temporaries get the addresses that the graph knows, and these still have memory.
    PLEAT_ASSERT(memory_.used() == used_ && memory_.range() >= range_);
    if (!graph_) graph_ = record();
    device_.launch(*graph_);
  }

 private:
  void run_first() {
    used_ = memory_.used();
    work_();
    range_ = memory_.range();
  }
  std::unique_ptr<Graph> record() {
    device_.begin_graph();
    try {
      work_();
    } catch (...) {
      abandon();
      throw;
    }
    return device_.end_graph();
  }
  // Keeps the error that ended the recording, of which the device may complain again.
  void abandon() {
    try {
      device_.end_graph();
    } catch (const Error&) {
    }
  }

  Device& device_;
  const Memory& memory_;
  std::function<void()> work_;
  int64_t runs_ = 0, used_ = 0, range_ = 0;
  std::unique_ptr<Graph> graph_;
};

}  // namespace

std::unique_ptr<ops::Replay> CudaBackend::replayed(std::function<void()> work) {
  return std::make_unique<GraphReplay>(*device_, memory_, std::move(work));
}

}  // namespace pleat::cuda
