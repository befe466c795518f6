// Runs external programs, without a shell. Errors include the programs' last output.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "search/cancellation.h"

namespace pleat::search {

// Runs `arguments` (the program's path first) to its end. Returns its stdout if `keep_output`, else discards
// it. The program's stdin is empty. The program leads its own process group, which is killed as a whole on
// `cancellation` (then throws Cancelled) or when this process dies. Throws Error with the command line, the
// exit status or signal and the last lines of stderr when the program cannot be started, ends with a status
// other than 0 or by a signal. Thread-safe.
std::string run_program(const std::vector<std::string>& arguments, const Cancellation& cancellation,
                        bool keep_output = false);

// The path of an executable: `name_or_path` itself if it has a '/', else the first of that name in PATH.
// Throws Error when there is none; the fix names `setting`, the flag that gives the program.
fs::path find_program(const std::string& name_or_path, const std::string& setting);

}  // namespace pleat::search
