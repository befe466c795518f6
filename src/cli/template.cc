// pleat template: an entry of "templates" from a chain of an mmCIF file.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/interrupt.h"
#include "search/native_engine.h"
#include "search/own_template.h"

namespace pleat::cli {

int make_template(const Arguments& arguments) {
  std::string file, chain, sequence, release_date;
  search::HmmerPrograms programs;
  CommandLine line(
      "template",
      "Prints an entry for the \"templates\" of a protein: one chain of an mmCIF file, without ligands, and "
      "which of its residues stand for which of the sequence.");
  line.argument("FILE", file, "mmCIF file, plain or compressed (gzip, xz, zstd)");
  line.value("chain", chain, "The author's id of the chain")->required();
  line.value("sequence", sequence, "The protein that the template is for, in one-letter codes")->required();
  line.value("release_date", release_date,
             "YYYY-MM-DD, for a file that has none: the network's templates have one");
  line.value("hmmbuild_binary_path", programs.hmmbuild, "hmmbuild, a name in PATH or a path")
      ->type_name("FILE");
  line.value("hmmsearch_binary_path", programs.hmmsearch, "hmmsearch")->type_name("FILE");
  line.example(
      "pleat template ~/public_databases/mmcif_files/7rye.cif --chain J --sequence "
      "MATPWSGYLDDVSAKFDTGVDNLQTQVTEALDKL",
      "Make an entry of templates of chain J of PDB entry 7RYE.");
  if (!line.parse(arguments)) return kSuccess;
  const search::NativeEngine engine(programs);
  const InterruptGuard guard;
  input::Template made;
  try {
    made = search::own_template(read_text_file(expand_home(file)), chain, sequence, release_date, engine,
                                guard.cancellation());
  } catch (const Error& error) {
    throw error.within(file);
  }
  const nlohmann::ordered_json entry = {{"mmcif", made.mmcif},
                                        {"queryIndices", made.query_indices},
                                        {"templateIndices", made.template_indices}};
  fmt::print("{}\n", entry.dump());
  return kSuccess;
}

}  // namespace pleat::cli
