#include "cli/batch_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "input/read_input.h"

namespace pleat::cli {
namespace {

// "2/5" is index 1 of 5. Throws CLI::ValidationError.
search::SearchPart part_of(const std::string& text) {
  search::SearchPart part;
  const char* end = text.data() + text.size();
  const auto [slash, first] = std::from_chars(text.data(), end, part.index);
  const bool divided = first == std::errc() && slash < end && *slash == '/';
  const auto [last, second] =
      divided ? std::from_chars(slash + 1, end, part.count) : std::from_chars_result{end, first};
  if (!divided || second != std::errc() || last != end || part.index < 1 || part.index > part.count)
    throw CLI::ValidationError(fmt::format("found '{}', give i/n with i from 1 to n, such as 2/5", text));
  --part.index;
  return part;
}

// "cif,pdb". Throws CLI::ValidationError.
std::vector<output::ModelFormat> model_formats(const std::string& text) {
  std::vector<output::ModelFormat> formats;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');) {
    const auto known = {output::ModelFormat::cif, output::ModelFormat::pdb, output::ModelFormat::bcif};
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](auto format) { return output::extension(format) == "." + word; });
    if (found == known.end())
      throw CLI::ValidationError(
          fmt::format("found '{}', give cif, pdb, bcif or several of them, such as cif,pdb", text));
    if (std::find(formats.begin(), formats.end(), *found) == formats.end()) formats.push_back(*found);
  }
  if (formats.empty()) throw CLI::ValidationError("at least one format is needed");
  return formats;
}

}  // namespace

void BatchFlags::declare_run(CommandLine& line) {
  line.value("log_json", log_json, "File to which one JSON object is appended for each event of the run")
      ->type_name("FILE");
  line.boolean("check_disk", check_disk, "Refuse to start where the results will not fit on the disk");
  line.value(
          "finish_within", finish_within,
          "Seconds that the seed in work may take after Ctrl-C or SIGTERM. A longer one is left to a later "
          "run with --resume")
      ->type_name("SECONDS")
      ->check(CLI::NonNegativeNumber);
  line.value("attempt", attempt,
             "Do not try jobs again that failed in a run with this name; goes with --resume");
  line.value("part", part_text_,
             "Part i of n of the searches, as i/n, for several machines that share --search_cache_dir. Jobs "
             "of which other parts' results are missing are left to the part that ends last, or to a run "
             "without --part")
      ->each([this](const std::string& text) { part = part_of(text); });
}

void BatchFlags::declare_predict(CommandLine& line, JaxFlags& jax) {
  jobs.declare(line);
  line.group("Stages");
  line.boolean("run_data_pipeline", run_data_pipeline, "Complete MSAs and templates");
  line.boolean("run_inference", run_inference, "Run the network");
  model.declare(line, 1);
  features.declare(line);
  line.value("features", features_dir,
             "Folder of NAME_seed-S_features.npz to use instead of computing features")
      ->type_name("FOLDER");
  line.group("Results");
  line.boolean("report", report, "Write NAME_report.html, a page that shows the results (needs mmCIF files)");
  line.value("output_format", output_format_,
             "Formats of the model files: cif, pdb, bcif, or several, as cif,pdb")
      ->each([this](const std::string& text) { output.formats = model_formats(text); });
  line.boolean("ligand_bonds", output.ligand_bonds,
               "List the bonds of ligands in mmCIF and BinaryCIF files, so that viewers draw their orders");
  line.boolean("save_embeddings", output.save_embeddings, "Also write the trunk's embeddings");
  line.boolean("save_distogram", output.save_distogram, "Also write the distogram");
  line.boolean("save_terms_of_use", save_terms_of_use, "Write the terms of use beside the results");
  line.boolean("compress_large_output_files", output.compress_large_output_files,
               "Compress mmCIF and confidence files with zstd");
  declare_run(line);
  search.declare(line);
  jax.declare(line);
}

CompletenessCheck BatchFlags::check_chain() const {
  if (!run_data_pipeline) return input::check_complete;
  return [config = search.config()](const input::Chain& chain, Findings& found) {
    search::check_given(chain, config, found);
  };
}

}  // namespace pleat::cli
