#include "search/native_engine.h"

#include "profile/search.h"

namespace pleat::search {

MsaHits NativeEngine::search(const MsaSearch& search, const Cancellation& cancellation) const {
  if (search.kind != MsaSearch::Kind::protein) return hmmer_.search(search, cancellation);
  profile::Options options;
  options.size = search.z_value;
  const auto result = profile::search_fasta(search.query, search.file, options, search.threads, [&] {
    if (cancellation.requested()) throw Cancelled();
  });
  return {profile::to_a3m(result, search.max_sequences), search.shard ? profile::to_table(result) : ""};
}

}  // namespace pleat::search
