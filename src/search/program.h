// External programs: started without a shell, stopped as a whole, their failures told with what they wrote.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "search/cancellation.h"

namespace pleat::search {

// Runs `arguments` (the program's path first) until it ends, and returns what it wrote to stdout where
// `keep_output` asks for it (else that is discarded). Its stdin is empty. It leads a process group of its
// own, which is killed as a whole when `cancellation` asks for it (then throws Cancelled) or when this
// process dies. Throws Error with the command line, the exit status or signal and the last lines of stderr
// when the program can't be started, ends with another status than 0 or by a signal. Safe from any thread.
std::string run_program(const std::vector<std::string>& arguments, const Cancellation& cancellation,
                        bool keep_output = false);

// The path of an executable: `name_or_path` itself where it has a '/', else the first of that name in PATH.
// Throws Error when there is none; its fix names `setting`, which chooses the program.
fs::path find_program(const std::string& name_or_path, const std::string& setting);

}  // namespace pleat::search
