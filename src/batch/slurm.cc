#include "batch/slurm.h"

#include <fmt/format.h>

#include "base/error.h"

namespace pleat::batch {
namespace {

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

std::string command_line(const std::vector<std::string>& command) {
  std::string line;
  for (const std::string& word : command) {
    std::string quoted = shell_quoted(word);
    quoted = replaced(quoted, "{task}", "'\"$SLURM_ARRAY_TASK_ID\"'");
    quoted = replaced(quoted, "{array}", "'\"$SLURM_ARRAY_JOB_ID\"'");
    line += (line.empty() ? "" : " ") + quoted;
  }
  return line;
}

}  // namespace

std::string shell_quoted(const std::string& text) { return "'" + replaced(text, "'", "'\\''") + "'"; }

std::string slurm_script(const SlurmArray& array) {
  constexpr int64_t kMebibyte = int64_t{1} << 20;
  std::string text = "#!/bin/bash\n";
  const auto option = [&](const std::string& line) { text += "#SBATCH " + line + "\n"; };
  option("--job-name=" + array.name);
  option(fmt::format("--array=1-{}", array.tasks));
  option(fmt::format("--cpus-per-task={}", array.cpus));
  option(fmt::format("--mem={}M", (array.memory + kMebibyte - 1) / kMebibyte));
  if (array.minutes) option(fmt::format("--time={}", *array.minutes));
  if (!array.gres.empty()) option("--gres=" + array.gres);
  option("--requeue");
  option("--open-mode=append");
  option("--signal=B:TERM@120");  // two minutes before the end, a little more than --finish_within
  for (const std::string& line : array.options) {
    if (line.find('\n') != std::string::npos) throw Error("--sbatch", "an option has more than one line");
    option(line);
  }
  text += R"(
# Signals reach this shell; it hands them on and waits until pleat has written what is complete.
)" + command_line(array.command) +
          R"( &
child=$!
trap 'kill -TERM "$child" 2>/dev/null' TERM INT
while true; do
  wait "$child"
  status=$?
  kill -0 "$child" 2>/dev/null || break
done
# Stopped by a signal, or killed: queue this task again. Jobs that are complete are not done twice.
if [ "$status" -ge 128 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 5 ]; then
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
fi
exit "$status"
)";
  return text;
}

}  // namespace pleat::batch
