// One job: the content of the input JSON, read and checked, in the form that all later stages use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

namespace pleat::input {

// A residue (1-based position) replaced by another chemical component.
struct Modification {
  std::string ccd_code;
  int position = 0;
  bool operator==(const Modification&) const = default;
};

// A template: the mmCIF text of one chain, and the mapping of query residues to template residues (both
// 0-based).
struct Template {
  std::string mmcif;
  std::vector<int> query_indices, template_indices;
  bool operator==(const Template&) const = default;
};

// MSAs are A3M text. nullopt: search for it; "": the query alone. templates: nullopt: search for them; empty:
// none.
struct ProteinChain {
  std::string id, sequence;
  std::vector<Modification> modifications;
  std::optional<std::string> description;
  std::optional<std::string> unpaired_msa, paired_msa;
  std::optional<std::vector<Template>> templates;
  std::optional<std::string>
      max_template_date;  // YYYY-MM-DD, of the templates searched for; nullopt: the run's
};

struct RnaChain {
  std::string id, sequence;
  std::vector<Modification> modifications;
  std::optional<std::string> description;
  std::optional<std::string> unpaired_msa;
};

struct DnaChain {
  std::string id, sequence;
  std::vector<Modification> modifications;
  std::optional<std::string> description;
};

// Holds either ccd_codes (one component, or the residues of a branched ligand) or smiles.
struct Ligand {
  std::string id;
  std::vector<std::string> ccd_codes;
  std::optional<std::string> smiles;
  std::optional<std::string> description;
};

using Chain = std::variant<ProteinChain, RnaChain, DnaChain, Ligand>;
const std::string& chain_id(const Chain& chain);
// A ligand has one residue per CCD code; a SMILES ligand has one.
size_t residues(const Chain& chain);

struct BondAtom {
  std::string chain_id;
  int residue = 0;  // 1-based
  std::string atom;
  auto operator<=>(const BondAtom&) const = default;
};
using Bond = std::pair<BondAtom, BondAtom>;

struct FoldInput {
  std::string name;
  std::vector<Chain> chains;  // input order; an id list gives one chain per id
  std::vector<uint32_t> seeds;
  std::vector<Bond> bonded_atom_pairs;
  std::optional<std::string> user_ccd;  // CIF text

  // The name for files: spaces become '_'; other characters than ASCII letters, digits, '_', '-' and '.' are
  // dropped.
  std::string sanitised_name() const;
};

}  // namespace pleat::input
