// Compares one query with targets in a cascade of stages, each of which sees the targets that the one before
// passed; then selects and sorts the hits. docs/specs/hmmer-search.md, sections 3-5.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "profile/domains.h"
#include "profile/targets.h"

namespace pleat::profile {

struct Options {
  double f1 = 5e-4, f2 = 5e-5, f3 = 5e-7;  // of the filters: the largest P-values that pass
  double most_e = 1e-4;                    // largest E-value of a reported and included target
  double most_domain_e = 10, most_included_domain_e = 0.001;
  std::optional<double> size;  // of the database, in sequences; else the number read
};

// The number of targets that passed each stage, counted as in HMMER's summary.
struct Counts {
  size_t targets = 0, msv = 0, bias = 0, viterbi = 0, forward = 0;
  size_t residues = 0, segments = 0;  // residues of all targets; targets that the rejection pass kept

  void add(const Counts& other);
};

struct Hit {
  std::string name, description;
  size_t ordinal = 0;  // of the target in its database
  float score = 0, pre_score = 0;
  double log_p = 0;
  int best = 0;  // domain
  int overlaps = 0;
  std::vector<Domain> domains;
  std::vector<char> reported, included;  // by domain
};

// A problem of one query with a target, at which HMMER would stop.
struct QueryError : Error {
  using Error::Error;
};

// A query, ready to be compared with targets by any number of threads.
class Cascade {
 public:
  // Throws std::invalid_argument for an empty query.
  Cascade(const Codes& query, const Options& options);

  const Profile& profile() const { return profile_; }

  // Passes each target of a source's block through the stages until one rejects it. Adds to `counts` and
  // `hits`. Throws QueryError naming the target, and what the source throws.
  void search(const TargetSource& source, const TargetBlock& block, Workspace& work, Counts& counts,
              std::vector<Hit>& hits) const;

 private:
  // A target that no stage has rejected yet.
  struct Candidate {
    size_t at;  // in its block
    Subject subject;
    float null = 0;     // in nats, like all scores here
    float segment = 0;  // of the best ungapped segments
    float filter = 0;   // score of the null model with the correction for composition
    float forward = 0;
  };

  // The stages. Each takes the candidates that the one before passed.
  std::vector<size_t> may_reach(const TargetBlock& block) const;
  std::vector<Candidate> pass_msv(const TargetBlock& block, const std::vector<size_t>& targets) const;
  void pass_bias(std::vector<Candidate>& candidates) const;
  void pass_viterbi(std::vector<Candidate>& candidates) const;
  void find_hits(const TargetSource& source, const TargetBlock& block, std::span<Candidate> bundle,
                 Workspace& work, Counts& counts, std::vector<Hit>& hits) const;
  // Runs Forward on a bundle; moves the candidates that pass to its start and returns them.
  std::span<Candidate> pass_forward(const TargetSource& source, const TargetBlock& block,
                                    std::span<Candidate> bundle, Workspace& work,
                                    std::vector<Subject>& subjects) const;
  std::optional<Hit> hit_of(const Candidate& candidate, DomainSet& set) const;

  // The least score byte of the best segment with which a target of this length may pass, or needs the full
  // filter to decide.
  int threshold(int length) const;
  int computed_threshold(int length) const;

  Profile profile_;
  Options options_;
  std::unique_ptr<std::atomic<uint8_t>[]> thresholds_;  // by length; 0: not yet computed
};

// Sorts the hits and returns those that the thresholds report.
std::vector<Hit> reported_hits(std::vector<Hit> hits, const Options& options, size_t targets);

}  // namespace pleat::profile
