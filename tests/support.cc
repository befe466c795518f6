#include "tests/support.h"

namespace pleat::test {

std::filesystem::path source_dir() { return PLEAT_SOURCE_DIR; }

}  // namespace pleat::test
