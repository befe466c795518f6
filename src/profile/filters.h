// The filters that drop most targets before the full models see them. Scores are in nats; overflow is
// infinity. docs/specs/hmmer-search.md, section 3.
#pragma once

#include "profile/profile.h"

namespace pleat::profile {

float msv_filter(const Profile& profile, const LengthModel& model, const Codes& target);
float viterbi_filter(const Profile& profile, const LengthModel& model, const Codes& target);
// The null model's score with a correction for composition.
float bias_filter(const Profile& profile, const Codes& target);

}  // namespace pleat::profile
