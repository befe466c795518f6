#include "report/input_facts.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "chem/pdb_entry.h"
#include "input/read_input.h"

namespace pleat::report {
namespace {

std::string release_date(const std::string& mmcif) {
  try {
    return chem::PdbEntry(mmcif).release_date();
  } catch (const Error&) {
    return "";
  }
}

// The name after the first "data_".
std::string block_name(std::string_view mmcif) {
  const size_t start = mmcif.find("data_");
  if (start == mmcif.npos) return "?";
  mmcif.remove_prefix(start + 5);
  return std::string(mmcif.substr(0, std::min(mmcif.find_first_of(" \t\r\n"), mmcif.size())));
}

std::vector<TemplateFacts> template_facts(const std::vector<input::Template>& templates) {
  std::vector<TemplateFacts> found;
  for (const input::Template& given : templates)
    found.push_back({block_name(given.mmcif), release_date(given.mmcif), given.query_indices});
  return found;
}

AlignmentFacts alignment_facts(size_t residues, const std::optional<std::string>& unpaired,
                               const std::optional<std::string>& paired) {
  AlignmentFacts found;
  found.coverage.resize(residues);
  if (unpaired) found.unpaired_rows = add_coverage(*unpaired, found.coverage);
  if (paired) found.paired_rows = add_coverage(*paired, found.coverage);
  return found;
}

ChainInput chain_input(const input::Chain& chain) {
  ChainInput found;
  if (const auto* protein = std::get_if<input::ProteinChain>(&chain)) {
    found.alignment = alignment_facts(protein->sequence.size(), protein->unpaired_msa, protein->paired_msa);
    if (protein->templates) found.templates = template_facts(*protein->templates);
  } else if (const auto* rna = std::get_if<input::RnaChain>(&chain)) {
    found.alignment = alignment_facts(rna->sequence.size(), rna->unpaired_msa, std::nullopt);
  }
  return found;
}

}  // namespace

int add_coverage(std::string_view a3m, std::vector<int>& coverage) {
  int rows = 0;
  size_t column = 0;
  while (!a3m.empty()) {
    const size_t size = std::min(a3m.find('\n'), a3m.size());
    const std::string_view line = a3m.substr(0, size);
    a3m.remove_prefix(std::min(size + 1, a3m.size()));
    if (line.starts_with('>')) {
      ++rows;
      column = 0;
      continue;
    }
    for (const char c : line) {
      const bool gap = c == '-' || c == '.';
      if ((!is_upper(c) && !gap) || rows == 0) continue;
      if (!gap && column < coverage.size()) ++coverage[column];
      ++column;
    }
  }
  return rows;
}

InputFacts read_input_facts(const fs::path& data_json, const featurise::StructureLayout& layout) {
  const std::vector<input::JobReading> jobs = input::read_jobs(data_json, input::ContentChecks());
  for (const input::JobReading& job : jobs)
    if (!job.problems.empty()) throw job.problems.front();
  const input::FoldInput& job = jobs.front().input;
  InputFacts found;
  found.user_ccd = job.user_ccd;
  for (const featurise::OutputChain& chain : layout.chains) {
    const auto given = std::find_if(job.chains.begin(), job.chains.end(), [&](const input::Chain& other) {
      return input::chain_id(other) == chain.id;
    });
    found.chains.push_back(given == job.chains.end() ? ChainInput() : chain_input(*given));
  }
  return found;
}

}  // namespace pleat::report
