// The entities of the alphafold3 dialect: one element of `sequences` each.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "input/content_checks.h"
#include "input/fold_input.h"
#include "input/json_node.h"

namespace pleat::input {

// One element of `sequences` as far as it could be read.
struct Entity {
  Place place;                // "FILE: $.sequences[0].protein"
  std::vector<Chain> chains;  // one per good id, with equal content
  std::vector<JsonNode> ids;  // where the ids of the chains stand
  bool ids_sound = false;     // whether all ids are good
  bool sound = false;         // whether its residues could be read; else a sequence is empty
};

// Files are named relative to `folder`. What is wrong inside the entity becomes problems of the document, and
// the rest of it is read all the same. Paired MSAs are left to check_paired_msa. Throws Error when there is
// no telling which chains it stands for.
Entity read_entity(const JsonNode& element, const fs::path& folder, const ContentChecks& checks);

// Checks the paired MSA of a protein, which counts only in jobs with several proteins.
void check_paired_msa(const JsonNode& element, const Entity& entity, const ContentChecks& checks);

}  // namespace pleat::input
