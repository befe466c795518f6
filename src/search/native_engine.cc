#include "search/native_engine.h"

#include <algorithm>

#include "profile/packed_file.h"
#include "profile/search.h"

namespace pleat::search {

MsaHits NativeEngine::search(const MsaSearch& search, const Cancellation& cancellation) const {
  if (search.kind != MsaSearch::Kind::protein) return hmmer_.search(search, cancellation);
  const MsaOutcome outcome = search_together({&search, 1}, cancellation)[0];
  if (const auto* error = std::get_if<Error>(&outcome)) throw *error;
  return std::get<MsaHits>(outcome);
}

std::vector<MsaOutcome> NativeEngine::search_together(std::span<const MsaSearch> searches,
                                                      const Cancellation& cancellation) const {
  std::vector<profile::Query> queries;
  int threads = 1;
  for (const MsaSearch& search : searches) {
    PLEAT_ASSERT(search.kind == MsaSearch::Kind::protein && search.file == searches[0].file);
    profile::Options options;
    options.size = search.z_value;
    queries.push_back({search.query, options});
    threads = std::max(threads, search.threads);
  }
  const auto source = profile::open_targets(searches[0].file);
  const auto results = profile::search_targets(queries, *source, threads, [&] {
    if (cancellation.requested()) throw Cancelled();
  });
  std::vector<MsaOutcome> outcomes;
  for (size_t q = 0; q < results.size(); ++q) {
    try {
      if (results[q].problem) throw *results[q].problem;
      outcomes.emplace_back(MsaHits{profile::to_a3m(results[q], searches[q].max_sequences),
                                    searches[q].shard ? profile::to_table(results[q]) : ""});
    } catch (const Error& error) {
      outcomes.emplace_back(error);
    }
  }
  return outcomes;
}

}  // namespace pleat::search
