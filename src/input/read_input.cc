#include "input/read_input.h"

#include "input/alphafold3_dialect.h"
#include "input/json_node.h"
#include "input/server_dialect.h"

namespace pleat::input {
namespace {

// A job whose problems read() adds to its own findings.
template <class Read>
JobReading read_job(const nlohmann::json& value, const Place& place, Read&& read) {
  JobReading reading;
  reading.place = place;
  const JsonNode node(value, place, reading);
  node.attempt([&] { read(node, reading); });
  return reading;
}

// Of a job in a list.
bool is_alphafold3(const nlohmann::json& job) {
  return job.is_object() && job.contains("dialect") && job["dialect"] == "alphafold3";
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
      throw Error(root, "the list has no jobs", "Give at least one job.");
    }
  } catch (const Error& error) {
    return {unreadable(json_file, error)};
  }
  const bool is_list = document.is_array();
  std::vector<JobReading> jobs;
  const auto add = [&](const nlohmann::json& value, const Place& place) {
    jobs.push_back(read_job(value, place, [&](const JsonNode& node, JobReading& job) {
      if (is_list && !is_alphafold3(value))
        read_server_job(node, checks, job);
      else
        read_alphafold3_job(node, json_file.parent_path(), checks, job);
    }));
  };
  if (!is_list) add(document, root);
  for (size_t i = 0; is_list && i < document.size(); ++i) add(document[i], root.item(i));
  return jobs;
}

}  // namespace pleat::input
