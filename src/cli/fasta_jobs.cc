#include "cli/fasta_jobs.h"

#include <fmt/format.h>

#include <set>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "input/fasta.h"

namespace pleat::cli {
namespace {

bool only(const std::string& sequence, std::string_view letters) {
  return sequence.find_first_not_of(letters) == sequence.npos;
}

bool has(const std::string& sequence, char letter) { return sequence.find(letter) != sequence.npos; }

// In capital letters, and without a final '*', which some programs write for the stop.
std::string checked_sequence(std::string sequence) {
  if (sequence.ends_with('*')) sequence.pop_back();
  if (sequence.empty()) throw Error("", "the record has no sequence");
  for (char& letter : sequence) {
    if (!is_letter(letter))
      throw Error("", fmt::format("the sequence has '{}'", letter), "Use one-letter codes.");
    letter = upper_case(letter);
  }
  return sequence;
}

input::Chain chain_of(std::string sequence) {
  if (only(sequence, "ACGUN") && has(sequence, 'U'))
    return input::RnaChain{"A", std::move(sequence), {}, {}, {}};
  if (only(sequence, "ACGTN") && has(sequence, 'T')) return input::DnaChain{"A", std::move(sequence), {}, {}};
  return input::ProteinChain{"A", std::move(sequence), {}, {}, {}, {}, {}, {}};
}

input::FoldInput job_of(const input::FastaRecord& record) {
  input::FoldInput job;
  job.name = input::fasta_name(record.header);
  job.seeds = {1};
  job.chains.push_back(chain_of(checked_sequence(record.sequence)));
  return job;
}

std::vector<input::JobReading> jobs_of(std::string_view text, const std::string& file) {
  std::vector<input::JobReading> jobs;
  std::set<std::string> names;
  input::FastaReader reader(text);
  while (const auto record = reader.next()) {
    input::JobReading& job = jobs.emplace_back();
    job.place = Place(fmt::format("{}: record {} ({})", file, jobs.size(), record->header));
    job.chain_places = {job.place};
    try {
      job.input = job_of(*record);
      job.structure_read = true;
      if (!names.insert(job.input.sanitised_name()).second)
        throw Error("", "an earlier record has the same name");
    } catch (const Error& error) {
      job.problems.push_back(error.within(job.place));
    }
  }
  if (jobs.empty())
    throw Error(file, "the file has no FASTA records", "Start each record with a line '>NAME'.");
  return jobs;
}

}  // namespace

std::vector<input::JobReading> read_fasta_jobs(const fs::path& file) {
  try {
    const std::string text = read_text_file(file);
    return jobs_of(without_byte_order_mark(text), file.string());
  } catch (const Error& error) {
    input::JobReading unreadable;
    unreadable.place = Place(file.string());
    unreadable.problems.push_back(error);
    return {unreadable};
  }
}

}  // namespace pleat::cli
