#include "batch/one_ahead.h"

#include <sys/resource.h>
#include <unistd.h>

namespace pleat::batch {

// Linux has priorities of threads, which new threads and programs inherit.
void yield_to_others() {
  constexpr int kLowest = 19;
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kLowest);
}

}  // namespace pleat::batch
