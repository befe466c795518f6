#include "featurise/failed_conformers.h"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"

namespace pleat::featurise {
namespace {

fs::path file_of(const fs::path& folder, const std::string& search) {
  const XXH128_hash_t hash = XXH3_128bits(search.data(), search.size());
  return folder / fmt::format("{:016x}{:016x}.txt", hash.high64, hash.low64);
}

}  // namespace

bool FailedConformers::contains(const std::string& search) const {
  if (known_.contains(search)) return true;
  std::error_code ignored;
  return folder_ && fs::exists(file_of(*folder_, search), ignored);
}

void FailedConformers::add(const std::string& search, const std::string& what) {
  known_.insert(search);
  if (!folder_) return;
  try {
    write_file(file_of(*folder_, search), what + "\n");
  } catch (const Error&) {
  }
}

}  // namespace pleat::featurise
