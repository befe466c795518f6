// What tests share: where the golden data is.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace pleat::test {

// The folder of golden data: PLEAT_SHARED, else ../shared beside the repository; nullopt where neither
// exists.
inline std::optional<std::filesystem::path> shared_dir() {
  const char* set = std::getenv("PLEAT_SHARED");
  const auto path =
      set ? std::filesystem::path(set) : std::filesystem::path(PLEAT_SOURCE_DIR) / ".." / "shared";
  if (!std::filesystem::exists(path / "golden")) return std::nullopt;
  return path;
}

}  // namespace pleat::test

// First line of a test that needs the golden data; afterwards `shared` is its folder.
#define PLEAT_REQUIRE_SHARED(shared)                              \
  const auto shared##_found = ::pleat::test::shared_dir();        \
  if (!shared##_found) GTEST_SKIP() << "skipped: no shared data"; \
  const std::filesystem::path shared = *shared##_found
