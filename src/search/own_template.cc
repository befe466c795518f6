#include "search/own_template.h"

#include <fmt/format.h>

#include "chem/pdb_entry.h"
#include "search/msa.h"
#include "search/pdb_store.h"
#include "search/template_search.h"
#include "search/temporary_folder.h"

namespace pleat::search {
namespace {

constexpr const char* kId = "0own";  // stands for the entry's

class OneEntry final : public PdbStore {
 public:
  explicit OneEntry(const std::string& text) : text_(text) {}
  std::optional<std::string> entry(const std::string& id) const override {
    return id == kId ? std::optional(text_) : std::nullopt;
  }
  size_t count() const override { return 1; }

 private:
  const std::string& text_;
};

std::string with_date(const std::string& mmcif, const std::string& date) {
  return mmcif +
         "\nloop_\n_pdbx_audit_revision_history.ordinal\n_pdbx_audit_revision_history.revision_date\n1 " +
         date + "\n";
}

// The text as it can be read, which may take the date.
std::string readable(const std::string& mmcif, const std::string& date) {
  try {
    chem::PdbEntry entry(mmcif);
    return mmcif;
  } catch (const Error&) {
    if (date.empty()) throw;
  }
  return with_date(mmcif, date);
}

}  // namespace

input::Template own_template(const std::string& mmcif, const std::string& chain, const std::string& query,
                             const std::string& release_date, const SearchEngine& engine,
                             const Cancellation& cancellation) {
  const std::string text = readable(mmcif, release_date);
  const auto found = chem::PdbEntry(text).chain(chain);
  if (!found)
    throw Error("", fmt::format("it has no polymer chain {}", chain), "Give the author's id of one.");
  const TemporaryFolder folder;
  write_file(folder / "chain.fasta", fmt::format(">{}_{} mol:protein length:{}\n{}\n", kId, chain,
                                                 found->sequence.size(), found->sequence));
  const std::string hits =
      engine.search(TemplateSearch{query, query_only_msa(query), folder / "chain.fasta", 1}, cancellation);
  TemplateRules all;
  all.max_date = "9999-12-31";
  all.max_subsequence_ratio = 2;  // no hit is longer than the query
  all.min_align_ratio = 0;
  all.min_hit_length = 1;
  all.max_templates = 1;
  const std::vector<input::Template> templates = find_templates(query, hits, OneEntry(text), all);
  if (templates.empty())
    throw Error("", fmt::format("chain {} can't be aligned to the sequence", chain),
                "A template has to resemble the chain that it is for.");
  return templates.front();
}

}  // namespace pleat::search
