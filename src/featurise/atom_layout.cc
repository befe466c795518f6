#include "featurise/atom_layout.h"

#include <functional>
#include <unordered_map>

#include "base/error.h"

namespace pleat::featurise {

size_t AtomIdHash::operator()(const AtomId& id) const {
  size_t hash = std::hash<std::string>()(id.name);
  hash = hash * 1000003u ^ static_cast<size_t>(id.residue);
  return hash * 1000003u ^ static_cast<size_t>(id.chain);
}

AtomLayout AtomLayout::padded(int64_t rows) const {
  PLEAT_ASSERT(shape[0] <= rows);
  AtomLayout result{shape, atoms};
  result.shape[0] = rows;
  result.atoms.resize(static_cast<size_t>(element_count(result.shape)));
  return result;
}

Gather compute_gather(const AtomLayout& source, const AtomLayout& target) {
  std::unordered_map<AtomId, int64_t, AtomIdHash> index;
  index.reserve(source.atoms.size());
  for (size_t i = 0; i < source.atoms.size(); ++i) index[source.atoms[i]] = static_cast<int64_t>(i);

  Gather gather{Tensor<int64_t>(target.shape), Tensor<uint8_t>(target.shape),
                Tensor<int64_t>({static_cast<int64_t>(source.shape.size())}, source.shape)};
  for (size_t i = 0; i < target.atoms.size(); ++i) {
    const auto found = index.find(target.atoms[i]);
    if (found == index.end()) continue;
    gather.idx[static_cast<int64_t>(i)] = found->second;
    gather.mask[static_cast<int64_t>(i)] = 1;
  }
  return gather;
}

}  // namespace pleat::featurise
