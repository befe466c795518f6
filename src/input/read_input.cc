#include "input/read_input.h"

#include "input/alphafold3_dialect.h"
#include "input/json_node.h"
#include "input/server_dialect.h"

namespace pleat::input {
namespace {

// A job of its own list of problems, to which read() adds.
template <class Read>
JobReading read_job(const nlohmann::json& value, const Place& place, Read&& read) {
  JobReading reading;
  reading.place = place;
  const JsonNode node(value, place, reading);
  node.attempt([&] { read(node, reading); });
  return reading;
}

JobReading unreadable(const fs::path& json_file, const Error& problem) {
  JobReading reading;
  reading.place = Place(json_file.string());
  reading.problems.push_back(problem);
  return reading;
}

}  // namespace

std::vector<JobReading> read_jobs(const fs::path& json_file, const ContentChecks& checks) {
  const Place root = Place::json(json_file.string());
  nlohmann::json document;
  try {
    document = parse_json(read_file(json_file), json_file.string());
    if (document.is_array() && document.empty()) {
      throw Error(root, "the list has no jobs", "Give at least one job of the alphafoldserver dialect.");
    }
  } catch (const Error& error) {
    return {unreadable(json_file, error)};
  }
  std::vector<JobReading> jobs;
  if (document.is_array()) {
    for (const nlohmann::json& item : document) {
      jobs.push_back(read_job(item, root.item(jobs.size()), [&](const JsonNode& node, JobReading& job) {
        read_server_job(node, checks, job);
      }));
    }
  } else {
    jobs.push_back(read_job(document, root, [&](const JsonNode& node, JobReading& job) {
      read_alphafold3_job(node, json_file.parent_path(), checks, job);
    }));
  }
  return jobs;
}

}  // namespace pleat::input
