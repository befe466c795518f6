// Work that may take too long and can't be interrupted, in a process of its own.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace pleat {

// Calls work() in a copy of this process and returns its text. nullopt where it takes longer than `seconds`: the copy is
// then killed. Throws std::runtime_error where the copy dies or can't be made. `work` must not need other threads, nor
// locks that they may hold.
std::optional<std::string> run_in_copy(double seconds, const std::function<std::string()>& work);

}  // namespace pleat
