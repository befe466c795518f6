// What tests share: where the golden data is.
#pragma once

#include <filesystem>

namespace pleat::test {

// What the reference made of inputs; its README.md describes the folders.
inline const std::filesystem::path kGolden = PLEAT_SOURCE_DIR "/tests/golden";

// A folder of weights: the demo's small network.
inline const std::filesystem::path kSmallWeights = PLEAT_SOURCE_DIR "/data/demo_weights";

}  // namespace pleat::test
