// The network's progress as log lines: each stage's start and end, and at most one line every few seconds
// between.
#pragma once

#include "model/model.h"

namespace pleat::cli {

model::Progress logged_progress();

}  // namespace pleat::cli
