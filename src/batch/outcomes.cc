#include "batch/outcomes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace pleat::batch {
namespace {

using nlohmann::ordered_json;

constexpr const char* kFates[] = {"done", "kept", "refused", "failed", "stopped", "elsewhere"};
constexpr const char* kPhrases[] = {"done",   "complete before", "refused because of their inputs",
                                    "failed", "not finished",    "left to another process"};
constexpr int kFates_ = static_cast<int>(Fate::elsewhere) + 1;

bool is_bad(const Outcome& outcome) { return outcome.fate == Fate::refused || outcome.fate == Fate::failed; }

std::string line_of(const Outcome& outcome) {
  std::string line = fmt::format("  {}: {}", kFates[static_cast<int>(outcome.fate)],
                                 outcome.name.empty() ? outcome.place : outcome.name);
  if (outcome.reasons.empty()) return line;
  const Error& reason = outcome.reasons.front();
  line += fmt::format(" ({})", reason.what());
  if (outcome.reasons.size() > 1) line += fmt::format(" and {} more", outcome.reasons.size() - 1);
  return line;
}

ordered_json json_of(const Outcome& outcome) {
  ordered_json json = {
      {"name", outcome.name}, {"input", outcome.place}, {"outcome", kFates[static_cast<int>(outcome.fate)]}};
  if (!outcome.folder.empty()) json["folder"] = outcome.folder.filename().string();
  json["seconds"] = outcome.seconds;
  ordered_json reasons = ordered_json::array();
  for (const Error& reason : outcome.reasons)
    reasons.push_back(
        {{"place", reason.where()}, {"problem", reason.what_is_wrong()}, {"fix", reason.fix()}});
  json["reasons"] = reasons;
  return json;
}

}  // namespace

const char* text(Fate fate) { return kFates[static_cast<int>(fate)]; }

size_t Outcomes::count(Fate fate) const {
  return static_cast<size_t>(
      std::count_if(all_.begin(), all_.end(), [&](const Outcome& outcome) { return outcome.fate == fate; }));
}

std::vector<std::string> Outcomes::summary() const {
  std::vector<std::string> counts;
  for (int fate = 0; fate < kFates_; ++fate)
    if (const size_t n = count(static_cast<Fate>(fate)))
      counts.push_back(fmt::format("{} {}", n, kPhrases[fate]));
  std::vector<std::string> lines = {
      fmt::format("{} {}: {}.", all_.size(), all_.size() == 1 ? "job" : "jobs", fmt::join(counts, ", "))};
  for (const Outcome& outcome : all_)
    if (is_bad(outcome)) lines.push_back(line_of(outcome));
  return lines;
}

std::string Outcomes::to_json() const {
  ordered_json counts, jobs = ordered_json::array();
  for (int fate = 0; fate < kFates_; ++fate) counts[kFates[fate]] = count(static_cast<Fate>(fate));
  for (const Outcome& outcome : all_) jobs.push_back(json_of(outcome));
  const ordered_json json = {
      {"format", 1}, {"program", "pleat " PLEAT_VERSION}, {"counts", counts}, {"jobs", jobs}};
  return json.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

int Outcomes::exit_status() const {
  return batch::exit_status(static_cast<size_t>(std::count_if(all_.begin(), all_.end(), is_bad)),
                            all_.size());
}

int exit_status(size_t bad, size_t all) {
  if (bad == 0) return 0;
  return bad == all ? 1 : 3;
}

}  // namespace pleat::batch
