// Runs the searches with HMMER's programs, with the reference's arguments. docs/specs/hmmer-search.md,
// section 6.
#pragma once

#include <memory>
#include <string>

#include "search/search_engine.h"

namespace pleat::search {

// Paths, or names to look up in PATH.
struct HmmerPrograms {
  std::string jackhmmer = "jackhmmer", nhmmer = "nhmmer", hmmalign = "hmmalign", hmmsearch = "hmmsearch",
              hmmbuild = "hmmbuild";
};

// Looks a program up on first use: a missing one fails only the searches that need it.
class HmmerEngine : public SearchEngine {
 public:
  explicit HmmerEngine(HmmerPrograms programs);
  ~HmmerEngine() override;

  MsaHits search(const MsaSearch& search, const Cancellation& cancellation) const override;
  std::string search(const TemplateSearch& search, const Cancellation& cancellation) const override;
  // The versions of the five programs (none for one that is missing or without help), and whether jackhmmer
  // can limit its hits.
  std::string identity() const override;
  // Finds missing programs. Includes hmmbuild and hmmalign for RNA, though a search without hits would not
  // need them.
  void check_ready(SearchKind kind, Findings& found) const override;

 private:
  class Programs;
  MsaHits search_protein(const MsaSearch& search, const Cancellation& cancellation) const;
  MsaHits search_rna(const MsaSearch& search, const Cancellation& cancellation) const;
  std::string align_to_query(const std::string& query, const std::string& sequences,
                             const Cancellation& cancellation) const;

  std::unique_ptr<Programs> programs_;
};

}  // namespace pleat::search
