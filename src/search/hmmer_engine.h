// The searches done by HMMER's programs, called as the reference calls them. docs/specs/hmmer-search.md,
// section 6.
#pragma once

#include <memory>
#include <string>

#include "search/search_engine.h"

namespace pleat::search {

// Names, looked for in PATH, or paths.
struct HmmerPrograms {
  std::string jackhmmer = "jackhmmer", nhmmer = "nhmmer", hmmalign = "hmmalign", hmmsearch = "hmmsearch",
              hmmbuild = "hmmbuild";
};

// Programs are looked for when they are needed first: one that is missing fails the searches that need it,
// not the others.
class HmmerEngine : public SearchEngine {
 public:
  explicit HmmerEngine(HmmerPrograms programs);
  ~HmmerEngine() override;

  MsaHits search(const MsaSearch& search, const Cancellation& cancellation) const override;
  std::string search(const TemplateSearch& search, const Cancellation& cancellation) const override;
  // The versions of the five programs (one that is missing or has no help has none), and whether jackhmmer
  // can limit its hits.
  std::string identity() const override;
  // Finds programs that are not there. An RNA search needs hmmbuild and hmmalign only where it finds something, but
  // that is not known before.
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
