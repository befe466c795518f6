#include "batch/attempts.h"

#include <nlohmann/json.hpp>

namespace pleat::batch {
namespace {

fs::path note_of(const fs::path& output_dir, const std::string& name) {
  return output_dir / ".pleat" / (name + ".failed");
}

}  // namespace

void note_failure(const fs::path& output_dir, const std::string& name, const Failure& failure) {
  const nlohmann::ordered_json json = {{"attempt", failure.attempt},
                                       {"place", failure.reason.where()},
                                       {"problem", failure.reason.what_is_wrong()},
                                       {"fix", failure.reason.fix()}};
  write_file(note_of(output_dir, name),
             json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

std::optional<Failure> noted_failure(const fs::path& output_dir, const std::string& name) {
  std::error_code ignored;
  const fs::path note = note_of(output_dir, name);
  if (!fs::exists(note, ignored)) return std::nullopt;
  try {
    const auto json = nlohmann::json::parse(read_file(note));
    return Failure{json.at("attempt"), Error(json.at("place"), json.at("problem"), json.at("fix"))};
  } catch (const Error&) {
    return std::nullopt;  // it has gone since
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

void forget_failure(const fs::path& output_dir, const std::string& name) {
  std::error_code ignored;
  fs::remove(note_of(output_dir, name), ignored);
}

}  // namespace pleat::batch
