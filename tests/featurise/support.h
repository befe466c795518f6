// What the featurisation tests share: small jobs, and the embedded dictionary.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "chem/ccd.h"
#include "featurise/featurise.h"
#include "featurise/structure.h"
#include "featurise/tokens.h"

namespace pleat::featurise {

inline const chem::Ccd& ccd() {
  static const std::shared_ptr<const chem::Ccd> embedded = chem::Ccd::embedded();
  return *embedded;
}

inline input::ProteinChain protein(const std::string& id, const std::string& sequence,
                                   const std::string& unpaired_msa = "", const std::string& paired_msa = "") {
  input::ProteinChain chain;
  chain.id = id;
  chain.sequence = sequence;
  chain.unpaired_msa = unpaired_msa;
  chain.paired_msa = paired_msa;
  chain.templates.emplace();
  return chain;
}

inline input::RnaChain rna(const std::string& id, const std::string& sequence, const std::string& msa = "") {
  input::RnaChain chain;
  chain.id = id;
  chain.sequence = sequence;
  chain.unpaired_msa = msa;
  return chain;
}

inline input::DnaChain dna(const std::string& id, const std::string& sequence) {
  input::DnaChain chain;
  chain.id = id;
  chain.sequence = sequence;
  return chain;
}

inline input::Ligand ligand(const std::string& id, std::vector<std::string> codes) {
  input::Ligand chain;
  chain.id = id;
  chain.ccd_codes = std::move(codes);
  return chain;
}

inline input::Ligand smiles_ligand(const std::string& id, const std::string& smiles) {
  input::Ligand chain;
  chain.id = id;
  chain.smiles = smiles;
  return chain;
}

inline input::FoldInput job(std::vector<input::Chain> chains) {
  input::FoldInput input;
  input.name = "test";
  input.chains = std::move(chains);
  input.seeds = {1};
  return input;
}

inline Structure structure_of(const input::FoldInput& input, const FeaturiseOptions& options = {}) {
  Findings found;
  Structure structure = make_structure(input, ccd(), options, found);
  found.raise();
  return structure;
}

inline ThreadPool& pool() {
  static ThreadPool threads(2);
  return threads;
}

// What the network and the output stage read of one seed.
struct Features {
  Batch batch;
  StructureLayout layout;
};

// Those of the first seed.
inline Features featurised(const input::FoldInput& input, const FeaturiseOptions& options,
                           const chem::Ccd& components = ccd()) {
  JobFeatures job(input, components, options, pool());
  return {job.for_seed(input.seeds.at(0)), job.layout()};
}

inline Features features_of(const input::FoldInput& input, std::vector<int> buckets = {128, 512}) {
  FeaturiseOptions options;
  options.buckets = std::move(buckets);
  return featurised(input, options);
}

// Names of a residue's predicted atoms.
inline std::vector<std::string> atom_names(const Residue& residue) {
  std::vector<std::string> names;
  for (const StructureAtom& atom : residue.atoms) names.push_back(atom.name);
  return names;
}

}  // namespace pleat::featurise
