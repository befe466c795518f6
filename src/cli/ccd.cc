// pleat ccd build: builds a compact dictionary of chemical components from the PDB's components.cif.
#include "chem/ccd.h"

#include "base/log.h"
#include "cli/commands.h"
#include "cli/flags.h"

namespace pleat::cli {

int ccd_build(const Arguments& arguments) {
  std::string components, output;
  CommandLine line("ccd build",
                   "Builds a compact dictionary from the chemical components in CIF text. The other commands "
                   "read it with --ccd.");
  line.argument("COMPONENTS", components, "components.cif, plain or compressed (gzip, xz, zstd)");
  line.value("output", output, "File to write")->required()->type_name("FILE");
  line.example("pleat ccd build components.cif --output components.bin",
               "Convert the dictionary; --ccd components.bin uses it.");
  if (!line.parse(arguments)) return kSuccess;
  const fs::path file = expand_home(output);
  chem::Ccd::build(expand_home(components), file);
  log_info("Wrote {} components to {}.", chem::Ccd::open(file)->codes().size(), file.string());
  return kSuccess;
}

}  // namespace pleat::cli
