// What tests share: where the golden data is.
#pragma once

#include <filesystem>

namespace pleat::test {

// The folder of the sources. A function, not a macro: compiler caches then serve every checkout.
std::filesystem::path source_dir();

// What the reference made of inputs; its README.md describes the folders.
inline const std::filesystem::path kGolden = source_dir() / "tests/golden";

// A folder of weights: the demo's small network.
inline const std::filesystem::path kSmallWeights = source_dir() / "data/demo_weights";

}  // namespace pleat::test
