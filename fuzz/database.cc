// A protein database: text as FASTA, read directly and packed; bytes as a packed file. Both ways of reading find
// the same targets or the same problem, and a damaged packed file is refused or reads the same.
#include <unistd.h>

#include <map>

#include "base/error.h"
#include "fuzz/target.h"
#include "profile/packed_file.h"

using namespace pleat;

namespace {

struct Found {
  std::vector<std::string> targets;  // header, codes
  std::string problem;
};

Found read(const fs::path& file) {
  Found found;
  try {
    const auto source = profile::open_targets(file);
    std::map<size_t, std::vector<std::string>> blocks;
    profile::TargetBlock block;
    while (source->next(block)) {
      for (size_t at = 0; at < block.targets.size(); ++at) {
        std::string target(source->header(block, at));
        target = target.substr(0, target.find('\r')) + "\n";
        target.append(reinterpret_cast<const char*>(block.targets[at].data()), block.targets[at].size());
        blocks[block.ordinal].push_back(std::move(target));
      }
    }
    for (auto& [ordinal, targets] : blocks)
      for (auto& target : targets) found.targets.push_back(std::move(target));
  } catch (const Error& error) {
    found.problem = error.what();
    PLEAT_ASSERT(error.where().starts_with(file.string()));
  }
  return found;
}

const fs::path& folder() {
  static const fs::path path = [] {
    std::string name = (fs::temp_directory_path() / "pleat_fuzz_XXXXXX").string();
    PLEAT_ASSERT(mkdtemp(name.data()));
    std::atexit([] { fs::remove_all(folder()); });
    return fs::path(name);
  }();
  return path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const fs::path file = folder() / "db.fasta", packed = folder() / "db.pleatdb";
  write_file(file, text);
  const Found plain = read(file);
  if (profile::is_packed(file)) return 0;
  try {
    profile::pack_fasta(file, packed, [](double) {});
  } catch (const Error& error) {
    PLEAT_ASSERT(plain.problem.empty() ? plain.targets.empty() : plain.problem == error.what());
    return 0;
  }
  const Found same = read(packed);
  PLEAT_ASSERT(same.problem.empty() && plain.problem.empty() && same.targets == plain.targets);
  std::string bytes = read_file(packed);
  const size_t at = (size * 2654435761u) % bytes.size();
  bytes[at] = static_cast<char>(bytes[at] + 1 + size % 255);
  write_file(packed, bytes);
  const Found damaged = read(packed);
  PLEAT_ASSERT(!damaged.problem.empty() || damaged.targets == plain.targets);
  ++accepted_inputs;
  return 0;
}
