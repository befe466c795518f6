#include "batch/stop_rule.h"

namespace pleat::batch {

StopRule::Decision StopRule::decide(double now, std::optional<double> seconds_left) {
  const bool is_first = !asked_;
  if (is_first) asked_ = now;
  const double needed = is_first ? seconds_left.value_or(0) : now - *asked_;
  return needed <= limit_ ? Decision::finish : Decision::leave;
}

}  // namespace pleat::batch
