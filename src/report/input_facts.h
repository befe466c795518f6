// What a job's NAME_data.json tells of alignments and templates.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "featurise/structure_layout.h"
#include "report/facts.h"

namespace pleat::report {

struct InputFacts {
  std::vector<ChainInput> chains;       // of each chain of the layout
  std::optional<std::string> user_ccd;  // CIF text
};

// Chains are matched by id. Throws Error naming the file where it is no input of AlphaFold 3.
InputFacts read_input_facts(const fs::path& data_json, const featurise::StructureLayout& layout);

// Adds the rows of A3M text: which of `coverage`'s columns each fills. Returns how many rows there are. Lower-case
// letters are insertions, '-' and '.' gaps.
int add_coverage(std::string_view a3m, std::vector<int>& coverage);

}  // namespace pleat::report
