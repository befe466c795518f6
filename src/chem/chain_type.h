// What a chain is made of.
#pragma once

namespace pleat::chem {

enum class ChainType { protein, rna, dna, ligand };

}  // namespace pleat::chem
