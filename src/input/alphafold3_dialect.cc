#include "input/alphafold3_dialect.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "input/entities.h"
#include "input/field_rules.h"
#include "input/text_field.h"

namespace pleat::input {
namespace {

// Throws for another dialect: its rules would make everything else look wrong.
void check_dialect(const JsonNode& root) {
  if (!root.has("dialect")) {
    root.report("the key 'dialect' is missing",
                R"(Add "dialect": "alphafold3". Jobs of the alphafoldserver dialect go in a list.)");
    return;
  }
  const JsonNode dialect = root.at("dialect");
  if (dialect.value() != "alphafold3") {
    dialect.fail("found " + describe(dialect.value()) + " as the dialect of a JSON object",
                 R"(Set it to "alphafold3". Jobs of the alphafoldserver dialect go in a list.)");
  }
}

void check_version(const JsonNode& root) {
  if (!root.has("version")) root.fail("the key 'version' is missing", R"(Add "version": 4.)");
  const JsonNode version = root.at("version");
  const auto& value = version.value();
  if (value != 1 && value != 2 && value != 3 && value != 4) {
    version.fail("found " + describe(value) + " as the version", "Set it to 1, 2, 3 or 4.");
  }
}

// The readable chains of `sequences`.
struct ReadChains {
  std::vector<Chain> chains;
  std::vector<Place> places;  // of their entities
  bool all_ids_known = true;
  bool sound = true;  // whether ids and residues have no problems

  const Chain* find(const std::string& id) const {
    const auto found =
        std::find_if(chains.begin(), chains.end(), [&](const Chain& chain) { return chain_id(chain) == id; });
    return found == chains.end() ? nullptr : &*found;
  }
};

// The elements of `sequences` and their entities.
using PlacedEntities = std::vector<std::pair<JsonNode, Entity>>;

PlacedEntities read_entities(const JsonNode& sequences, const fs::path& folder, const ContentChecks& checks) {
  PlacedEntities entities;
  for (const JsonNode& element : sequences.items()) {
    Entity entity;
    element.attempt([&] { entity = read_entity(element, folder, checks); });
    entities.emplace_back(element, std::move(entity));
  }
  return entities;
}

// Checks paired MSAs where there are different proteins to pair.
void check_pairing(const PlacedEntities& entities, const ContentChecks& checks) {
  std::set<std::string> sequences;
  const ProteinChain unread;
  for (const auto& [element, entity] : entities) {
    const auto* protein = entity.chains.empty() ? nullptr : std::get_if<ProteinChain>(&entity.chains.front());
    if (!protein) continue;
    const auto sequence = checks.paired_sequence(entity.sound ? *protein : unread);
    if (sequence) sequences.insert(*sequence);
  }
  if (sequences.size() < 2) return;
  for (const auto& [element, entity] : entities) check_paired_msa(element, entity, checks);
}

void read_chains(const JsonNode& root, const fs::path& folder, const ContentChecks& checks,
                 ReadChains& result) {
  const JsonNode sequences = root.at("sequences");
  sequences.require_at_most(kMostEntities);
  PlacedEntities entities = read_entities(sequences, folder, checks);
  check_pairing(entities, checks);
  std::map<std::string, Place> places;  // of ids
  for (auto& [element, entity] : entities) {
    result.all_ids_known &= entity.ids_sound;
    result.sound &= entity.ids_sound && entity.sound;
    for (size_t i = 0; i < entity.chains.size(); ++i) {
      const JsonNode& id = entity.ids[i];
      const auto [earlier, is_new] = places.emplace(id.string(), id.place());
      result.sound &= is_new;
      if (!is_new) {
        id.report(fmt::format("the id '{}' is used twice, first in {}", id.string(), earlier->second.path()),
                  "Give every chain its own id.");
      }
      result.chains.push_back(std::move(entity.chains[i]));
      result.places.push_back(entity.place);
    }
  }
  if (entities.empty()) sequences.fail("the job has no chains", "Give at least one entity.");
}

const std::string kAtomForm = "Write an atom as [chain id, residue number, atom name].";

// The chain of a bonded atom; nullptr when it is unreadable.
const Chain* read_bond_chain(const JsonNode& node, const ReadChains& known) {
  const std::string& id = node.string();
  const Chain* chain = known.find(id);
  if (!chain && known.all_ids_known) node.fail("no chain has the id '" + id + "'", kAtomForm);
  const auto* ligand = chain ? std::get_if<Ligand>(chain) : nullptr;
  if (ligand && ligand->smiles) {
    node.fail("the ligand '" + id + "' is a SMILES ligand, whose atoms have no names",
              "Give the ligand by ccdCodes; define it in userCCD if it has no code.");
  }
  return chain;
}

int read_bond_residue(const JsonNode& node, const Chain* chain) {
  const int64_t residue = node.integer();
  const auto length = chain ? static_cast<int64_t>(residues(*chain)) : 0;
  if (length > 0 && (residue < 1 || residue > length)) {
    node.fail(fmt::format("residue {} is outside chain '{}'", residue, chain_id(*chain)),
              fmt::format("Give a residue from 1 to {}.", length));
  }
  return static_cast<int>(residue);
}

// An atom of a bond; nullopt when it is malformed. An atom of an unreadable chain is not checked: the chain's
// problems come first.
std::optional<BondAtom> read_bond_atom(const JsonNode& node, const ReadChains& known,
                                       const ContentChecks& checks) {
  const auto parts = node.items();
  if (parts.size() != 3) node.fail("found " + describe(node.value()) + " where an atom is needed", kAtomForm);
  const Chain* chain = nullptr;
  BondAtom atom;
  bool read = parts[0].attempt([&] {
    chain = read_bond_chain(parts[0], known);
    atom.chain_id = parts[0].string();
  });
  read &= parts[1].attempt([&] { atom.residue = read_bond_residue(parts[1], chain); });
  read &= parts[2].attempt([&] { atom.atom = parts[2].string(); });
  if (!read) return std::nullopt;
  if (chain && residues(*chain) > 0)
    parts[2].attempt_here([&] { checks.check_atom(*chain, atom.residue, atom.atom); });
  return atom;
}

std::vector<Bond> read_bonds(const JsonNode& root, const ReadChains& known, const ContentChecks& checks) {
  std::vector<Bond> bonds;
  const auto list = root.find("bondedAtomPairs");
  if (!list) return bonds;
  std::map<Bond, Place> places;
  const auto read_bond = [&](const JsonNode& item) {
    const auto atoms = item.items();
    if (atoms.size() != 2)
      item.fail(fmt::format("found a bond of {} atoms", atoms.size()),
                R"(Write a bond as two atoms, for example [["A", 1, "ND2"], ["G", 1, "C1"]].)");
    std::optional<BondAtom> from, to;
    atoms[0].attempt([&] { from = read_bond_atom(atoms[0], known, checks); });
    atoms[1].attempt([&] { to = read_bond_atom(atoms[1], known, checks); });
    if (!from || !to) return;
    const Bond bond(*from, *to);
    const auto [earlier, is_new] = places.emplace(bond, item.place());
    if (!is_new) item.fail("the bond repeats " + earlier->second.path(), "Remove one of the two.");
    bonds.push_back(bond);
  };
  for (const JsonNode& item : list->items()) item.attempt([&] { read_bond(item); });
  return bonds;
}

// The checks for a job that defines its own components; nullptr when it defines none.
std::unique_ptr<const ContentChecks> read_user_ccd(const JsonNode& root, const fs::path& folder,
                                                   const ContentChecks& checks, FoldInput& input) {
  Findings found;
  if (!root.attempt([&] { input.user_ccd = text_field(root, "userCCD", folder); })) {
    return checks.with_user_ccd("", found);  // its components are unknown
  }
  if (!input.user_ccd) return nullptr;
  auto own_checks = checks.with_user_ccd(*input.user_ccd, found);
  text_source(root, "userCCD").add(found);
  return own_checks;
}

}  // namespace

void read_alphafold3_job(const JsonNode& root, const fs::path& folder, const ContentChecks& checks,
                         JobReading& job) {
  if (!root.value().is_object()) root.fail("found " + describe(root.value()) + " where an object is needed");
  check_dialect(root);
  root.allow_keys(
      {"dialect", "version", "name", "modelSeeds", "sequences", "bondedAtomPairs", "userCCD", "userCCDPath"});
  root.attempt([&] { check_version(root); });
  FoldInput& input = job.input;
  root.attempt([&] { input.name = read_name(root); });
  root.attempt([&] { input.seeds = read_seeds(root.at("modelSeeds")); });
  size_t before = job.problems.size();
  const auto own_checks = read_user_ccd(root, folder, checks, input);
  const ContentChecks& job_checks = own_checks ? *own_checks : checks;
  bool sound = job.problems.size() == before;
  ReadChains read;
  sound &= root.attempt([&] { read_chains(root, folder, job_checks, read); });
  before = job.problems.size();
  root.attempt([&] { input.bonded_atom_pairs = read_bonds(root, read, job_checks); });
  job.structure_read = sound && read.sound && job.problems.size() == before;
  input.chains = std::move(read.chains);
  job.chain_places = std::move(read.places);
}

}  // namespace pleat::input
