// Runs protein searches in pleat, with the results of `jackhmmer -N 1`, and all others with HMMER's programs.
// docs/specs/hmmer-search.md.
#pragma once

#include "search/hmmer_engine.h"

namespace pleat::search {

class NativeEngine : public SearchEngine {
 public:
  explicit NativeEngine(HmmerPrograms programs) : hmmer_(std::move(programs)) {}

  MsaHits search(const MsaSearch& search, const Cancellation& cancellation) const override;
  bool searches_together(MsaSearch::Kind kind) const override { return kind == MsaSearch::Kind::protein; }
  std::vector<MsaOutcome> search_together(std::span<const MsaSearch> searches,
                                          const Cancellation& cancellation) const override;
  std::string search(const TemplateSearch& search, const Cancellation& cancellation) const override {
    return hmmer_.search(search, cancellation);
  }
  void check_ready(SearchKind kind, Findings& found) const override {
    if (kind != SearchKind::protein) hmmer_.check_ready(kind, found);
  }
  // Includes HMMER's versions: its programs run the other searches.
  std::string identity() const override { return "native protein search 1, " + hmmer_.identity(); }

 private:
  HmmerEngine hmmer_;
};

}  // namespace pleat::search
