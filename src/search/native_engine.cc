#include "search/native_engine.h"

#include "profile/packed_file.h"
#include "profile/search.h"

namespace pleat::search {

MsaHits NativeEngine::search(const MsaSearch& search, const Cancellation& cancellation) const {
  if (search.kind != MsaSearch::Kind::protein) return hmmer_.search(search, cancellation);
  profile::Options options;
  options.size = search.z_value;
  const auto source = profile::open_targets(search.file);
  const profile::Query query{search.query, options};
  const auto result = profile::search_targets({&query, 1}, *source, search.threads, [&] {
    if (cancellation.requested()) throw Cancelled();
  })[0];
  return {profile::to_a3m(result, search.max_sequences), search.shard ? profile::to_table(result) : ""};
}

}  // namespace pleat::search
