// A prediction as named arrays.
#include "model/prediction.h"

namespace pleat::model {

NpzArrays to_arrays(const Prediction& prediction) {
  const auto f32 = [](const Tensor<float>& values) { return NpyArray::from(values); };
  NpzArrays arrays;
  arrays.emplace_back("average_pde", f32(prediction.average_pde));
  arrays.emplace_back("diffusion_samples/atom_positions", f32(prediction.atom_positions));
  arrays.emplace_back("diffusion_samples/mask", NpyArray::boolean(prediction.atom_mask));
  arrays.emplace_back("distogram/bin_edges", f32(prediction.distogram_bin_edges));
  arrays.emplace_back("distogram/contact_probs", f32(prediction.contact_probs));
  arrays.emplace_back("distogram/distogram", f32(prediction.distogram));
  arrays.emplace_back("full_pae", f32(prediction.full_pae));
  arrays.emplace_back("full_pde", f32(prediction.full_pde));
  arrays.emplace_back("pair_embeddings", f32(prediction.pair_embeddings));
  arrays.emplace_back("predicted_experimentally_resolved", f32(prediction.predicted_experimentally_resolved));
  arrays.emplace_back("predicted_lddt", f32(prediction.predicted_lddt));
  arrays.emplace_back("single_embeddings", f32(prediction.single_embeddings));
  arrays.emplace_back("tmscore_adjusted_pae_global", f32(prediction.tmscore_adjusted_pae_global));
  arrays.emplace_back("tmscore_adjusted_pae_interface", f32(prediction.tmscore_adjusted_pae_interface));
  return arrays;
}

}  // namespace pleat::model
