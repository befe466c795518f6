#include "input/alphafold3_dialect.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "input/entities.h"
#include "input/field_rules.h"
#include "input/text_field.h"
#include "input/user_ccd.h"

namespace pleat {
namespace {

void check_dialect_and_version(const JsonNode& root) {
  const JsonNode dialect = root.at("dialect");
  if (dialect.value() != "alphafold3") {
    dialect.fail("found " + describe(dialect.value()) + " as the dialect of a JSON object",
                 "It has to be \"alphafold3\"; jobs of the alphafoldserver dialect stand in a list.");
  }
  const JsonNode version = root.at("version");
  const auto& value = version.value();
  if (value != 1 && value != 2 && value != 3 && value != 4) {
    version.fail("found " + describe(value) + " as the version", "Versions 1, 2, 3 and 4 are known.");
  }
}

std::vector<Chain> read_chains(const JsonNode& root, const fs::path& folder) {
  const JsonNode sequences = root.at("sequences");
  std::vector<Chain> chains;
  std::map<std::string, std::string> owner;  // id to the place of its entity
  for (const JsonNode& element : sequences.items()) {
    for (Chain& chain : read_entity(element, folder)) {
      const auto [earlier, is_new] = owner.emplace(chain_id(chain), element.place());
      if (!is_new) {
        element.fail(fmt::format("the id '{}' is used twice, first in {}", chain_id(chain), earlier->second),
                     "Every chain needs an id of its own.");
      }
      chains.push_back(std::move(chain));
    }
  }
  if (chains.empty()) sequences.fail("the job has no chains", "Give at least one entity.");
  return chains;
}

// Residues of a chain: a ligand has one per CCD code, or one when it is given as SMILES.
size_t residues(const Chain& chain) {
  if (const auto* ligand = std::get_if<Ligand>(&chain)) return ligand->smiles ? 1 : ligand->ccd_codes.size();
  if (const auto* protein = std::get_if<ProteinChain>(&chain)) return protein->sequence.size();
  if (const auto* rna = std::get_if<RnaChain>(&chain)) return rna->sequence.size();
  return std::get<DnaChain>(chain).sequence.size();
}

BondAtom read_bond_atom(const JsonNode& node, const std::vector<Chain>& chains) {
  const std::string form = "An atom is written [chain id, residue number, atom name].";
  const auto parts = node.items();
  if (parts.size() != 3) node.fail("found " + describe(node.value()) + " where an atom is needed", form);
  const BondAtom atom = {parts[0].string(), 0, parts[2].string()};
  const auto chain = std::find_if(chains.begin(), chains.end(), [&](const Chain& candidate) {
    return chain_id(candidate) == atom.chain_id;
  });
  if (chain == chains.end()) parts[0].fail("no chain has the id '" + atom.chain_id + "'", form);
  const auto* ligand = std::get_if<Ligand>(&*chain);
  if (ligand && ligand->smiles) {
    parts[0].fail("the ligand '" + atom.chain_id + "' is given as SMILES, whose atoms have no names",
                  "Give a bonded ligand by ccdCodes, with a user CCD where it has no code.");
  }
  const int64_t residue = parts[1].integer();
  const auto length = static_cast<int64_t>(residues(*chain));
  if (residue < 1 || residue > length) {
    parts[1].fail(fmt::format("residue {} is outside chain '{}'", residue, atom.chain_id),
                  fmt::format("Its residues are 1 to {}.", length));
  }
  return {atom.chain_id, static_cast<int>(residue), atom.atom};
}

std::vector<Bond> read_bonds(const JsonNode& root, const std::vector<Chain>& chains) {
  std::vector<Bond> bonds;
  const auto list = root.find("bondedAtomPairs");
  if (!list) return bonds;
  for (const JsonNode& item : list->items()) {
    const auto atoms = item.items();
    if (atoms.size() != 2)
      item.fail(fmt::format("found a bond of {} atoms", atoms.size()), "A bond has two atoms.");
    const Bond bond = {read_bond_atom(atoms[0], chains), read_bond_atom(atoms[1], chains)};
    const auto earlier = std::find(bonds.begin(), bonds.end(), bond);
    if (earlier != bonds.end()) {
      item.fail(fmt::format("the bond repeats bondedAtomPairs[{}]", earlier - bonds.begin()),
                "Remove one of them.");
    }
    bonds.push_back(bond);
  }
  return bonds;
}

}  // namespace

FoldInput read_alphafold3_job(const JsonNode& root, const fs::path& folder) {
  root.allow_keys(
      {"dialect", "version", "name", "modelSeeds", "sequences", "bondedAtomPairs", "userCCD", "userCCDPath"});
  check_dialect_and_version(root);
  FoldInput job;
  job.name = read_name(root);
  job.seeds = read_seeds(root.at("modelSeeds"));
  job.chains = read_chains(root, folder);
  job.bonded_atom_pairs = read_bonds(root, job.chains);
  job.user_ccd = text_field(root, "userCCD", folder);
  if (job.user_ccd) check_user_ccd(*job.user_ccd, root.place() + ".userCCD");
  return job;
}

}  // namespace pleat
