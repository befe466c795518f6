// The diffusion module: denoiser and sampler (the reference's model/network/diffusion_head.py; algorithms
// 18-22). Float32.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "featurise/batch.h"
#include "model/atom_cross_attention.h"
#include "model/diffusion_transformer.h"
#include "random/threefry.h"

namespace pleat {

// sigma_i for i = 0..steps, falling from 2560 to 0.0064: 16 (160^(1/7) + i/steps (0.0004^(1/7) -
// 160^(1/7)))^7.
std::vector<float> noise_levels(int steps);

// A rotation from six normal draws of `key`: rows e0, e1, e2 by Gram-Schmidt.
std::array<std::array<float, 3>, 3> random_rotation(random::Key key);

// A random rotation R and translation t of centred positions: out_j = sum_i (x - centre)_i R_ij + t_j.
// positions [A, 3], in place; `key` is the step's augmentation key. Algorithm 19.
void random_augmentation(random::Key key, Mat positions);

class DiffusionHead {
 public:
  explicit DiffusionHead(const ParameterReader& diffuser);

  struct Trunk {
    ConstMat target_feat;  // [N, C_t]
    ConstMat single;       // [N, C_s]
    ConstStoredMat pair;   // [N * N, C]
  };

  // Denoised positions of `samples` samples: [S * A, 3] in the layout's atom order. key: the diffusion key
  // (specs/random.md 2). keep_pair_logits trades memory for time (Transformer::PairLogits). after_step(i) is
  // called when step i of `steps` (from 1) is done.
  Tensor<float> sample(const Context& context, const featurise::Batch& batch, const AtomLayout& layout,
                       const Trunk& trunk, random::Key key, int samples, int steps, bool keep_pair_logits,
                       const std::function<void(int)>& after_step) const;

 private:
  // What changes neither with the step nor with the sample.
  struct Prepared {
    DiffusionAtomTransformers::Prepared atoms;
    Transformer::PairLogits pair_logits;
    Tensor<float> single;  // the single conditioning without the noise level's part
  };
  Prepared prepare(const Context& context, const featurise::Batch& batch, const AtomLayout& layout,
                   const Trunk& trunk, bool keep_pair_logits) const;
  StoredTensor condition_pair(const Context& context, const featurise::Batch& batch,
                              ConstStoredMat pair) const;
  Tensor<float> condition_single(const Context& context, const Trunk& trunk) const;
  // s [N, C_s]: the single conditioning at a noise level.
  void condition_noise(const Context& context, const Prepared& prepared, float noise_level, Mat s) const;
  // x and denoised [S * A, 3].
  void denoise(const Context& context, const AtomLayout& layout, const Prepared& prepared, float noise_level,
               ConstMat x, Mat denoised) const;

  LayerNorm pair_cond_initial_norm_, single_cond_initial_norm_, noise_embedding_initial_norm_;
  PackedMatrix pair_cond_initial_projection_, single_cond_initial_projection_,
      noise_embedding_initial_projection_;
  std::vector<PlainTransition> pair_transitions_, single_transitions_;
  LayerNorm single_cond_embedding_norm_, output_norm_;
  PackedMatrix single_cond_embedding_projection_;
  DiffusionAtomTransformers atoms_;
  Transformer transformer_;
};

}  // namespace pleat
