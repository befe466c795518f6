#include "search/temporary_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "base/error.h"

namespace pleat {

TemporaryFolder::TemporaryFolder() {
  const char* set = std::getenv("TMPDIR");
  const fs::path parent = set && *set ? set : "/tmp";
  std::string name = (parent / "pleat_XXXXXX").string();
  if (!mkdtemp(name.data())) {
    throw Error(parent.string(),
                std::string("no temporary folder can be made there: ") + std::strerror(errno),
                "Set TMPDIR to a folder that can be written.");
  }
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // a destructor can't complain
  fs::remove_all(path_, ignored);
}

}  // namespace pleat
