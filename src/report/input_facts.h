// Alignments and templates from a job's NAME_data.json.
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

// Matches chains by id. Throws Error naming the file when it is not an input of AlphaFold 3.
InputFacts read_input_facts(const fs::path& data_json, const featurise::StructureLayout& layout);

// Adds 1 to `coverage` for each column that a row of the A3M text fills. Returns the number of rows.
// Lower-case letters are insertions, '-' and '.' gaps.
int add_coverage(std::string_view a3m, std::vector<int>& coverage);

}  // namespace pleat::report
