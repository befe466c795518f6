// A3M text as the alignment of a protein and of an RNA. What is accepted is a full matrix under the query.
#include "base/error.h"
#include "featurise/msa.h"
#include "featurise/residue_types.h"
#include "fuzz/target.h"

using namespace pleat;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& [query, type] :
       {std::pair("MKSTYQW", chem::ChainType::protein), std::pair("ACGUACG", chem::ChainType::rna)}) {
    try {
      const featurise::Msa msa = featurise::read_msa(text, query, type, "fuzz");
      const auto cells = static_cast<size_t>(msa.rows.rows() * msa.rows.columns);
      PLEAT_ASSERT(msa.rows.columns == 7 && msa.rows.rows() >= 1);
      PLEAT_ASSERT(msa.rows.letters.size() == cells && msa.rows.deletions.size() == cells);
      PLEAT_ASSERT(msa.species.size() == static_cast<size_t>(msa.rows.rows()));
      for (const int8_t letter : msa.rows.letters)
        PLEAT_ASSERT(letter >= 0 && letter < featurise::kResidueTypes);
      PLEAT_ASSERT(featurise::profile(msa.rows).size() ==
                   static_cast<size_t>(msa.rows.columns) * featurise::kResidueTypes);
      ++accepted_inputs;
    } catch (const Error& error) {
      PLEAT_ASSERT(error.where().starts_with("fuzz, row "));
    }
  }
  return 0;
}
