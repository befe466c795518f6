// Fourier embedding of a noise level (the reference's model/network/noise_level_embeddings.py; algorithm 22).
#pragma once

#include "tensor/tensor.h"

namespace pleat::model {

constexpr int kNoiseFeatures = 256;

// cos(2 pi (w_k ln(noise_level / sigma_data) / 4 + b_k)), k = 0..255.
Tensor<float> noise_embedding(float noise_level, float sigma_data);

}  // namespace pleat::model
