#include "batch/manifest.h"

#include <nlohmann/json.hpp>

#include "batch/checksum.h"

namespace pleat::batch {
namespace {

using nlohmann::ordered_json;

constexpr int kFormat = 1;
constexpr const char* kStates[] = {"incomplete", "complete", "failed"};
constexpr const char* kChecksum = "xxh3_128";

JobState state_of(const std::string& text) {
  for (int i = 0; i < 3; ++i)
    if (text == kStates[i]) return static_cast<JobState>(i);
  throw ordered_json::other_error::create(501, "state", nullptr);
}

Settings settings_of(const ordered_json& object) { return object.get<Settings>(); }

ordered_json samples_of(const Manifest& manifest) {
  ordered_json samples = ordered_json::array();
  for (const SampleRecord& s : manifest.samples)
    samples.push_back({{"seed", s.seed}, {"sample", s.sample}, {"ranking_score", s.ranking_score}});
  return samples;
}

ordered_json files_of(const Manifest& manifest) {
  ordered_json files = ordered_json::object();
  for (const auto& [path, file] : manifest.files)
    files[path] = {{"bytes", file.bytes}, {kChecksum, file.checksum}};
  return files;
}

Manifest from_json(const ordered_json& json) {
  Manifest out;
  out.name = json.at("name");
  out.state = state_of(json.at("state"));
  out.reason = json.value("reason", "");
  out.input_file = json.at("input").at("file");
  out.origin.input = json.at("input").at(kChecksum);
  out.weights_source = json.at("weights").at("source");
  out.origin.weights = json.at("weights").at(kChecksum);
  out.origin.search = settings_of(json.at("settings").at("search"));
  out.origin.network = settings_of(json.at("settings").at("network"));
  const ordered_json& machine = json.at("machine");
  out.machine = {machine.at("device"), machine.at("instruction_set"), machine.at("arithmetic"),
                 machine.at("threads")};
  out.seeds = json.at("seeds").get<std::vector<uint32_t>>();
  for (const ordered_json& s : json.at("samples"))
    out.samples.push_back({s.at("seed"), s.at("sample"), s.at("ranking_score")});
  out.seconds = json.at("seconds").get<std::map<std::string, double>>();
  out.peak_memory = json.at("peak_memory_bytes");
  for (const auto& [path, file] : json.at("files").items())
    out.files[path] = {file.at("bytes"), file.at(kChecksum)};
  return out;
}

}  // namespace

bool Origin::continues(const Origin& earlier) const {
  if (input != earlier.input || search != earlier.search) return false;
  const bool pipeline_alone = earlier.weights.empty();
  return pipeline_alone || (weights == earlier.weights && network == earlier.network);
}

void Manifest::add_file(const fs::path& folder, const std::string& path) {
  const MappedFile file(folder / path);
  files[path] = {static_cast<int64_t>(file.bytes().size()), checksum(file.bytes())};
}

bool Manifest::has_file(const fs::path& folder, const std::string& path) const {
  const auto noted = files.find(path);
  if (noted == files.end()) return false;
  try {
    const MappedFile file(folder / path);
    return static_cast<int64_t>(file.bytes().size()) == noted->second.bytes &&
           checksum(file.bytes()) == noted->second.checksum;
  } catch (const Error&) {
    return false;
  }
}

std::string manifest_name(const std::string& sanitised_name) { return sanitised_name + "_manifest.json"; }

std::string to_json(const Manifest& m) {
  ordered_json json;
  json["format"] = kFormat;
  json["program"] = "pleat " PLEAT_VERSION;
  json["name"] = m.name;
  json["state"] = kStates[static_cast<int>(m.state)];
  if (!m.reason.empty()) json["reason"] = m.reason;
  json["input"] = {{"file", m.input_file}, {kChecksum, m.origin.input}};
  json["weights"] = {{"source", m.weights_source}, {kChecksum, m.origin.weights}};
  json["settings"] = {{"search", m.origin.search}, {"network", m.origin.network}};
  json["machine"] = {{"device", m.machine.device},
                     {"instruction_set", m.machine.instruction_set},
                     {"arithmetic", m.machine.arithmetic},
                     {"threads", m.machine.threads}};
  json["seconds"] = m.seconds;
  json["peak_memory_bytes"] = m.peak_memory;
  json["seeds"] = m.seeds;
  json["samples"] = samples_of(m);
  json["files"] = files_of(m);
  return json.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::optional<Manifest> parse_manifest(const std::string& text) {
  const ordered_json json = ordered_json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("format", ordered_json()) != kFormat) return std::nullopt;
  try {
    return from_json(json);
  } catch (const ordered_json::exception&) {
    return std::nullopt;
  }
}

std::optional<Manifest> read_manifest(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return std::nullopt;
  try {
    return parse_manifest(read_file(file));
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace pleat::batch
