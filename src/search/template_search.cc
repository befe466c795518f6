#include "search/template_search.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "chem/pdb_entry.h"
#include "input/fasta.h"
#include "search/template_hit.h"

namespace pleat::search {
namespace {

// The entries of the hits. Keeps the last one: hits on the chains of one entry follow each other.
class Entries {
 public:
  explicit Entries(const PdbStore& store) : store_(store) {}

  // nullptr when the store lacks the entry.
  const chem::PdbEntry* find(const std::string& id) {
    if (id != id_) {
      id_ = id;
      entry_.reset();
      const auto text = store_.entry(id);
      if (text) entry_ = parse(id, *text);
      if (!text) absent_.insert(id);
    }
    return entry_ ? &*entry_ : nullptr;
  }

  // One line for all: a folder with part of the PDB lacks most entries.
  void warn_of_absent() const {
    if (absent_.empty()) return;
    log_warning("The PDB files lack {} of the template search's entries ({}{}); pleat leaves out their hits.",
                absent_.size(), *absent_.begin(), absent_.size() > 1 ? ", ..." : "");
  }

 private:
  static chem::PdbEntry parse(const std::string& id, const std::string& text) {
    try {
      return chem::PdbEntry(text);
    } catch (const Error& error) {
      throw error.within("PDB entry " + id);
    }
  }

  const PdbStore& store_;
  std::string id_;
  std::optional<chem::PdbEntry> entry_;
  std::set<std::string> absent_;
};

// Rejects hits that are the query itself, and those too short to help.
bool fits_query(const TemplateHit& hit, const std::string& query, const TemplateRules& rules) {
  const std::string residues = hit.residues();
  const double ratio = static_cast<double>(residues.size()) / static_cast<double>(query.size());
  if (ratio > rules.max_subsequence_ratio && query.find(residues) != query.npos) return false;
  return static_cast<int>(residues.size()) >= rules.min_hit_length;
}

// Whether enough of the query is aligned, with at least one residue that has atoms.
bool covers_enough(const ResidueMap& map, const chem::EntryChain& chain, const std::string& query,
                   const TemplateRules& rules) {
  const bool any_atoms = std::any_of(map.begin(), map.end(), [&](const auto& residue) {
    return chain.resolved[static_cast<size_t>(residue.second)];
  });
  const double ratio = static_cast<double>(map.size()) / static_cast<double>(query.size());
  return any_atoms && ratio > rules.min_align_ratio;
}

// The template's letters at the query's positions.
std::string aligned_sequence(const ResidueMap& map, const std::string& structure, size_t length) {
  std::string sequence(length, '-');
  for (const auto& [query, residue] : map) {
    if (static_cast<size_t>(query) < length)
      sequence[static_cast<size_t>(query)] = structure[static_cast<size_t>(residue)];
  }
  return sequence;
}

// Selects templates from the hits, one after the other.
class Selection {
 public:
  Selection(const std::string& query, const PdbStore& store, const TemplateRules& rules)
      : query_(query), rules_(rules), entries_(store) {}

  void consider(const TemplateHit& hit) {
    const chem::PdbEntry* entry = entries_.find(hit.pdb_id);
    if (!entry || entry->release_date() > rules_.max_date || !fits_query(hit, query_, rules_)) return;
    const auto chain = entry->chain(hit.author_chain);
    const auto map = chain ? map_to_structure(hit, chain->sequence) : std::nullopt;
    if (!map) {
      log_warning("template {}_{}: the entry does not match the searched sequence; pleat leaves out the hit",
                  hit.pdb_id, hit.author_chain);
      return;
    }
    if (!covers_enough(*map, *chain, query_, rules_)) return;
    if (!seen_.insert(aligned_sequence(*map, chain->sequence, query_.size())).second) return;
    input::Template& found = templates_.emplace_back();
    found.mmcif = entry->chain_mmcif(hit.author_chain);
    for (const auto& [query, residue] : *map) {
      found.query_indices.push_back(query);
      found.template_indices.push_back(residue);
    }
  }

  bool is_full() const { return static_cast<int>(templates_.size()) >= rules_.max_templates; }
  std::vector<input::Template> take() {
    entries_.warn_of_absent();
    return std::move(templates_);
  }

 private:
  const std::string& query_;
  const TemplateRules& rules_;
  Entries entries_;
  std::set<std::string> seen_;
  std::vector<input::Template> templates_;
};

}  // namespace

std::vector<input::Template> find_templates(const std::string& query, std::string_view hits_a3m,
                                            const PdbStore& store, const TemplateRules& rules) {
  Selection selection(query, store, rules);
  input::FastaReader hits(hits_a3m);
  while (!selection.is_full()) {
    const auto hit = hits.next();
    if (!hit) break;
    selection.consider(parse_template_hit(hit->header, hit->sequence));
  }
  return selection.take();
}

}  // namespace pleat::search
