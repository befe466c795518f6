// The entities of the alphafold3 dialect: one element of `sequences` each.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "input/content_checks.h"
#include "input/fold_input.h"
#include "input/json_node.h"

namespace pleat::input {

// One element of `sequences`, or the readable part of it.
struct Entity {
  Place place;                // "FILE: $.sequences[0].protein"
  std::vector<Chain> chains;  // one per valid id, with equal content
  std::vector<JsonNode> ids;  // the chains' ids in the document
  bool ids_sound = false;     // whether all ids are valid
  bool sound = false;         // whether its residues are readable; if not, a sequence is empty
};

// Paths are relative to `folder`. A problem inside the entity goes to the document's findings, and reading
// goes on. Does not check paired MSAs (check_paired_msa does). Throws Error when the element does not say
// which chains it means.
Entity read_entity(const JsonNode& element, const fs::path& folder, const ContentChecks& checks);

// Checks the paired MSA of a protein. Only jobs with several different proteins use it.
void check_paired_msa(const JsonNode& element, const Entity& entity, const ContentChecks& checks);

}  // namespace pleat::input
