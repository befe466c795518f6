// The diffusion module: denoiser and sampler (the reference's model/network/diffusion_head.py; algorithms
// 18-22). The reference runs it in float32.
#pragma once

#include <array>
#include <functional>
#include <span>
#include <vector>

#include "featurise/batch.h"
#include "model/atom_cross_attention.h"
#include "model/diffusion_transformer.h"
#include "random/threefry.h"

namespace pleat::model {

// sigma_i for i = 0..steps, falling from 2560 to 0.0064: 16 (160^(1/7) + i/steps (0.0004^(1/7) -
// 160^(1/7)))^7.
std::vector<float> noise_levels(int steps);

// A rotation from six normal draws of `key`: rows e0, e1, e2 by Gram-Schmidt.
std::array<std::array<float, 3>, 3> random_rotation(random::Key key);

class DiffusionHead {
 public:
  explicit DiffusionHead(const ParameterReader& diffuser);

  struct Trunk {
    const ops::Array& target_feat;  // [N, C_t]
    const ops::Array& single;       // [N, C_s]
    const ops::Array& pair;         // [N * N, C]
  };

  // Denoised positions of the samples of these numbers: [S * A, 3] in the layout's atom order. A sample's
  // draws, and so its bits, hang on its number alone, not on the others. key: the diffusion key
  // (docs/specs/random.md, section 2). keep_pair_logits trades memory for time (Transformer::PairLogits).
  // Calls after_step(i) after step i of `steps` (from 1), and with i = 0 after the preparation that all steps
  // share.
  ops::Array sample(ops::Backend& ops, const featurise::Batch& batch, const AtomLayout& layout,
                    const Trunk& trunk, random::Key key, std::span<const int> samples, int steps,
                    bool keep_pair_logits, const std::function<void(int)>& after_step) const;

 private:
  // Results that change neither with the step nor with the sample.
  struct Prepared {
    DiffusionAtomTransformers::Prepared atoms;
    Transformer::PairLogits pair_logits;
    ops::Array single;  // the single conditioning without the noise level's part
  };
  Prepared prepare(ops::Backend& ops, const featurise::Batch& batch, const AtomLayout& layout,
                   const Trunk& trunk, bool keep_pair_logits) const;
  ops::Array condition_pair(ops::Backend& ops, const featurise::Batch& batch, const ops::Array& pair) const;
  ops::Array condition_single(ops::Backend& ops, const Trunk& trunk) const;
  // What differs from step to step, in arrays that all steps share (ops::Backend::replayed).
  struct StepInputs {
    ops::Array transforms, noise;  // of ops::Backend::augment
    ops::Array level_embedding;    // [1, 256]: the Fourier embedding of the noise level
    ops::Array numbers;            // [1, kStepNumbers]
  };
  // s [N, C_s]: the single conditioning at the step's noise level.
  ops::Array condition_noise(ops::Backend& ops, const Prepared& prepared, const StepInputs& step) const;
  // The network's update [S * A, 3] of positions, before scaling.
  ops::Array position_update(ops::Backend& ops, const Prepared& prepared, const StepInputs& step,
                             const ops::Array& positions) const;

  ops::LayerNorm pair_cond_initial_norm_, single_cond_initial_norm_, noise_embedding_initial_norm_;
  ops::Linear pair_cond_initial_projection_, single_cond_initial_projection_,
      noise_embedding_initial_projection_;
  std::vector<ops::Transition> pair_transitions_, single_transitions_;
  ops::LayerNorm single_cond_embedding_norm_, output_norm_;
  ops::Linear single_cond_embedding_projection_;
  DiffusionAtomTransformers atoms_;
  Transformer transformer_;
};

}  // namespace pleat::model
