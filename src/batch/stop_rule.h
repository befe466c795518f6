// What becomes of the seed in work when a signal asks for an end.
#pragma once

#include <optional>

namespace pleat::batch {

// A seed that will be complete within `limit` seconds of the signal is finished; a longer one is left, for a later run to
// compute. Times are seconds since any moment.
class StopRule {
 public:
  explicit StopRule(double limit) : limit_(limit) {}

  enum class Decision { finish, leave };
  // At `now` the seed needs `seconds_left` more, as estimated (nullopt where nothing is known yet). The first call counts as
  // the moment of the signal; its estimate decides, and later only the time does.
  Decision decide(double now, std::optional<double> seconds_left);

 private:
  double limit_;
  std::optional<double> asked_;  // when
};

}  // namespace pleat::batch
