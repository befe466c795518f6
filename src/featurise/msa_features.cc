#include "featurise/msa_features.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/error.h"
#include "featurise/msa.h"
#include "featurise/msa_pairing.h"
#include "featurise/residue_types.h"

namespace pleat::featurise {
namespace {

constexpr int64_t kPairedRows = kMsaRows / 2;
constexpr int kHitsPerSpecies = 600;

struct ChainMsa {
  Msa unpaired, paired;
  std::vector<float> profile;  // [columns, 31], of the unpaired alignment before any change
};

// The alignments of a chain as given; empty text means the query alone.
struct A3mTexts {
  std::string_view unpaired, paired;
};

A3mTexts given_alignments(const input::FoldInput& input, const std::string& id) {
  for (const input::Chain& chain : input.chains) {
    if (input::chain_id(chain) != id) continue;
    if (const auto* protein = std::get_if<input::ProteinChain>(&chain)) {
      return {*protein->unpaired_msa, *protein->paired_msa};
    }
    if (const auto* rna = std::get_if<input::RnaChain>(&chain)) return {*rna->unpaired_msa, {}};
  }
  return {};
}

// The letter of a polymer's component in the first row of its alignments.
char query_letter(std::string_view component, chem::ChainType type) {
  const char letter = letter_of_component(component, type);
  const bool base = std::string_view("ACGTUN").find(letter) != std::string_view::npos;
  return is_nucleic(type) && !base ? 'N' : letter;
}

// Pairing needs at least two different protein sequences.
bool needs_pairing(const Structure& structure) {
  std::set<std::string> sequences;
  for (const StructureChain& chain : structure.chains) {
    if (chain.type == chem::ChainType::protein) sequences.insert(polymer_sequence(chain));
  }
  return sequences.size() > 1;
}

ChainMsa read_chain(const input::FoldInput& input, const StructureChain& chain, bool pairing) {
  const std::string query = query_of(chain);
  A3mTexts texts;
  if (query.size() >= kShortestAligned) texts = given_alignments(input, chain.id);
  if (!pairing) texts.paired = {};
  ChainMsa msa;
  msa.unpaired = read_msa(texts.unpaired, query, chain.type, "chain " + chain.id + ", unpaired MSA");
  msa.paired = read_msa(texts.paired, query, chain.type, "chain " + chain.id + ", paired MSA");
  msa.profile = profile(msa.unpaired.rows);
  return msa;
}

// Replaces the paired alignments by the joint rows of pair_rows, with gaps for chains without a row.
void pair_chains(std::vector<ChainMsa>& chains) {
  std::vector<std::vector<std::string>> species;
  for (const ChainMsa& chain : chains) species.push_back(chain.paired.species);
  const auto rows = pair_rows(species, kHitsPerSpecies, static_cast<int>(kPairedRows));
  for (size_t c = 0; c < chains.size(); ++c) {
    MsaRows paired{.columns = chains[c].paired.rows.columns, .letters = {}, .deletions = {}};
    for (const std::vector<int>& row : rows) {
      row[c] < 0 ? paired.append_gaps(1) : paired.append_row(chains[c].paired.rows, row[c]);
    }
    chains[c].paired.rows = std::move(paired);
  }
}

template <class Keep>
MsaRows filter_rows(const MsaRows& rows, Keep keep) {
  MsaRows kept{.columns = rows.columns, .letters = {}, .deletions = {}};
  for (int64_t r = 0; r < rows.rows(); ++r) {
    if (keep(r)) kept.append_row(rows, r);
  }
  return kept;
}

// Drops the unpaired rows that are also among the chain's paired rows.
void drop_overlaps(ChainMsa& chain) {
  std::unordered_set<std::string_view> paired;
  for (int64_t r = 0; r < chain.paired.rows.rows(); ++r) paired.insert(chain.paired.rows.row(r));
  chain.unpaired.rows = filter_rows(chain.unpaired.rows,
                                    [&](int64_t r) { return !paired.contains(chain.unpaired.rows.row(r)); });
}

// Drops the paired rows with only gaps in every chain.
void drop_gap_rows(std::vector<ChainMsa>& chains) {
  std::vector<char> keep(static_cast<size_t>(chains[0].paired.rows.rows()));
  for (const ChainMsa& chain : chains) {
    for (size_t r = 0; r < keep.size(); ++r) {
      const std::string_view row = chain.paired.rows.row(static_cast<int64_t>(r));
      if (row.find_first_not_of(static_cast<char>(kGap)) != std::string_view::npos) keep[r] = true;
    }
  }
  for (ChainMsa& chain : chains) {
    chain.paired.rows = filter_rows(chain.paired.rows, [&](int64_t r) { return keep[r] != 0; });
  }
}

// Crops each alignment to its share of the rows and pads them to equal length.
void crop_and_pad(std::vector<ChainMsa>& chains) {
  int64_t longest = 0;
  for (ChainMsa& chain : chains) {
    chain.paired.rows.keep_first(kPairedRows);
    chain.unpaired.rows.keep_first(kMsaRows - chain.paired.rows.rows());
    longest = std::max(longest, chain.unpaired.rows.rows());
  }
  for (ChainMsa& chain : chains) chain.unpaired.rows.append_gaps(longest - chain.unpaired.rows.rows());
}

// The source of a column of the joint alignment.
struct Column {
  const ChainMsa* chain;
  int64_t index;
};

std::vector<Column> joint_columns(const std::vector<ChainMsa>& chains) {
  std::vector<Column> columns;
  for (const ChainMsa& chain : chains) {
    for (int64_t c = 0; c < chain.unpaired.rows.columns; ++c) columns.push_back({&chain, c});
  }
  return columns;
}

// Copies one row of every token's column to row `to` of the batch.
void copy_row(const std::vector<Column>& columns, const Tokens& tokens, Msa ChainMsa::*part, int64_t from,
              int64_t to, Batch& batch) {
  for (int64_t t = 0; t < tokens.size(); ++t) {
    const Column& column = columns[tokens.tokens[static_cast<size_t>(t)].standard_index];
    const MsaRows& rows = (column.chain->*part).rows;
    const size_t at = static_cast<size_t>(from * rows.columns + column.index);
    batch.msa(to, t) = rows.letters[at];
    batch.deletion_matrix(to, t) = rows.deletions[at];
  }
}

void assemble(const std::vector<ChainMsa>& chains, const Tokens& tokens, Batch& batch) {
  const std::vector<Column> columns = joint_columns(chains);
  const int64_t paired = chains[0].paired.rows.rows(), unpaired = chains[0].unpaired.rows.rows();
  batch.msa = Tensor<int8_t>({paired + unpaired, tokens.size()});
  batch.deletion_matrix = Tensor<int8_t>({paired + unpaired, tokens.size()});
  for (int64_t r = 0; r < paired; ++r) copy_row(columns, tokens, &ChainMsa::paired, r, r, batch);
  for (int64_t r = 0; r < unpaired; ++r) copy_row(columns, tokens, &ChainMsa::unpaired, r, paired + r, batch);

  batch.profile = Tensor<float>({tokens.size(), kResidueTypes});
  batch.deletion_mean = Tensor<double>({tokens.size()});
  for (int64_t t = 0; t < tokens.size(); ++t) {
    const Column& column = columns[tokens.tokens[static_cast<size_t>(t)].standard_index];
    std::copy_n(column.chain->profile.begin() + column.index * kResidueTypes, kResidueTypes,
                &batch.profile(t));
    batch.deletion_mean[t] = column.chain->unpaired.deletion_mean[column.index];
  }
}

}  // namespace

std::string polymer_sequence(const StructureChain& chain) {
  std::string sequence;
  for (const Residue& residue : chain.residues) {
    if (!residue.atoms.empty()) sequence += letter_of_component(residue.name, chain.type);
  }
  return sequence;
}

std::string query_of(const StructureChain& chain) {
  std::string query;
  for (const Residue& residue : chain.residues) {
    if (!is_polymer(chain.type)) {
      query.append(residue.atoms.size(), '-');
    } else if (!residue.atoms.empty()) {
      query += query_letter(residue.name, chain.type);
    }
  }
  return query;
}

void fill_msa(const input::FoldInput& input, const Structure& structure, const Tokens& tokens,
              bool resolve_msa_overlaps, Batch& batch) {
  const bool pairing = needs_pairing(structure);
  std::vector<ChainMsa> chains;
  for (const StructureChain& chain : structure.chains) chains.push_back(read_chain(input, chain, pairing));
  if (pairing) {
    pair_chains(chains);
    if (resolve_msa_overlaps) std::for_each(chains.begin(), chains.end(), drop_overlaps);
  }
  drop_gap_rows(chains);
  crop_and_pad(chains);
  assemble(chains, tokens, batch);
}

}  // namespace pleat::featurise
