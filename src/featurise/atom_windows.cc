#include "featurise/atom_windows.h"

namespace pleat::featurise {
namespace {

AtomLayout key_layout(const AtomLayout& queries, int64_t atoms) {
  const int64_t windows = queries.shape[0], padded = windows * kQueries;
  AtomLayout keys{{windows, kKeys}, {}};
  keys.atoms.reserve(static_cast<size_t>(windows * kKeys));
  for (int64_t w = 0; w < windows; ++w) {
    const int64_t first = first_key(w, atoms);
    for (int64_t i = first; i < first + kKeys; ++i) {
      keys.atoms.push_back(queries.atoms[i < 0 ? i + padded : i]);
    }
  }
  return keys;
}

// Turns a gather of token atoms into one of tokens: each slot's token number, and whether the slot holds an
// atom.
Gather token_gather(const Gather& gather, const AtomLayout& token_atoms) {
  Gather result{Tensor<int64_t>(gather.idx.shape()), Tensor<uint8_t>(gather.idx.shape()),
                Tensor<int64_t>({1}, Shape{token_atoms.shape[0]})};
  for (int64_t i = 0; i < gather.idx.size(); ++i) {
    if (!gather.mask[i]) continue;
    result.idx[i] = gather.idx[i] / kAtomSlots;
    result.mask[i] = !token_atoms.atoms[gather.idx[i]].blank();
  }
  return result;
}

}  // namespace

int64_t first_key(int64_t window, int64_t atoms) {
  const int64_t first = window * kQueries + kQueries / 2 - kKeys / 2;
  if (first < 0) return 0;
  const int64_t overflow = first + kKeys - 1 - (atoms - 1);
  return overflow > 0 ? first - overflow : first;
}

void fill_atom_windows(const Tokens& tokens, int64_t bucket, Batch& batch) {
  const AtomLayout token_atoms = tokens.atoms.padded(bucket);
  const int64_t windows = (bucket * kAtomSlots + kQueries - 1) / kQueries;
  AtomLayout queries{{windows, kQueries}, {}};
  for (const AtomId& atom : token_atoms.atoms) {
    if (!atom.blank()) queries.atoms.push_back(atom);
  }
  const int64_t atoms = static_cast<int64_t>(queries.atoms.size());
  queries.atoms.resize(static_cast<size_t>(windows * kQueries));
  const AtomLayout keys = key_layout(queries, atoms);

  batch.token_atoms_to_queries = compute_gather(token_atoms, queries);
  batch.queries_to_keys = compute_gather(queries, keys);
  batch.queries_to_token_atoms = compute_gather(queries, token_atoms);
  batch.tokens_to_queries = token_gather(batch.token_atoms_to_queries, token_atoms);
  batch.tokens_to_keys = token_gather(compute_gather(token_atoms, keys), token_atoms);
}

}  // namespace pleat::featurise
