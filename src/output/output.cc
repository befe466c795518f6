// The files of one job.
#include "output/output.h"

#include <fmt/format.h>

#include <chrono>
#include <ctime>

#include "base/log.h"
#include "input/read_input.h"
#include "output/clashes.h"
#include "output/confidences.h"
#include "output/disorder.h"
#include "output/json_files.h"
#include "output/model_cif.h"
#include "output/number_text.h"
#include "output/predicted_atoms.h"

namespace pleat::output {
namespace {

// This moment in local time, in strftime's form.
std::string local_time(const char* form) {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  localtime_r(&now, &parts);
  char text[64];
  std::strftime(text, sizeof text, form, &parts);
  return text;
}

// Makes a folder; false when it is there already.
bool make_folder(const fs::path& folder) {
  std::error_code error;
  const bool made = fs::create_directory(folder, error);
  if (error) throw Error(folder.string(), "the folder can't be made: " + error.message());
  return made;
}

bool holds_files(const fs::path& folder) {
  std::error_code error;
  const bool empty = fs::is_empty(folder, error);
  if (error) throw Error(folder.string(), "the folder can't be read: " + error.message());
  return !empty;
}

// Who makes a folder owns it: jobs of equal names never share one.
fs::path choose_folder(const fs::path& output_dir, const std::string& name, bool force) {
  std::error_code error;
  fs::create_directories(output_dir, error);
  const fs::path folder = output_dir / name;
  if (make_folder(folder) || force || !holds_files(folder)) return folder;
  const fs::path dated = output_dir / (name + local_time("_%Y%m%d_%H%M%S"));
  fs::path chosen = dated;
  for (int n = 2; !make_folder(chosen); ++n) chosen = fmt::format("{}_{}", dated.string(), n);
  return chosen;
}

// The elements of one sample of an array whose first axis is the samples.
std::span<const float> of_sample(const Tensor<float>& array, int64_t sample) {
  const auto size = static_cast<size_t>(array.size() / array.dim(0));
  return array.values().subspan(static_cast<size_t>(sample) * size, size);
}

Confidences confidences_of(const model::Prediction& prediction, int64_t sample,
                           const featurise::StructureLayout& layout, const TokenFrames& frames,
                           const PredictedAtoms& atoms) {
  const auto global = of_sample(prediction.tmscore_adjusted_pae_global, sample);
  const auto interface = of_sample(prediction.tmscore_adjusted_pae_interface, sample);
  Confidences found;
  found.ptm = predicted_tm_score(global, frames, false);
  found.iptm = predicted_tm_score(global, frames, true);
  found.chain_pair_iptm = chain_pair_iptm(interface, frames);
  found.chain_iptm = chain_iptm(found.chain_pair_iptm);
  for (size_t c = 0; c < found.chain_pair_iptm.size(); ++c)
    found.chain_ptm.push_back(found.chain_pair_iptm[c][c]);
  found.chain_pair_pae_min = chain_pair_pae_min(of_sample(prediction.full_pae, sample), frames);
  found.has_clash = has_clash(layout, atoms);
  found.fraction_disordered = fraction_disordered(layout, atoms);
  found.ranking_score = ranking_score(found.ptm, found.iptm, found.fraction_disordered, found.has_clash);
  return found;
}

}  // namespace

void check_name(const input::FoldInput& input) {
  // The longest of a job's files while it is written (write_file).
  constexpr std::string_view kLongest = "_seed-4294967295_sample-99999_summary_confidences.json.part4194304";
  constexpr size_t kFileName = 255;
  const std::string name = input.sanitised_name();
  if (name.empty() || name == "." || name == "..")
    throw Error("", fmt::format("no file can be named after '{}'", input.name), "Use letters or digits.");
  if (name.size() + kLongest.size() > kFileName)
    throw Error("",
                fmt::format("the name has {} characters, too many for the names of the results", name.size()),
                fmt::format("Use {} at most.", kFileName - kLongest.size()));
}

JobWriter::JobWriter(const input::FoldInput& input, const fs::path& output_dir, OutputOptions options)
    : input_(input),
      options_(std::move(options)),
      folder_(choose_folder(output_dir, input.sanitised_name(), options_.force_output_dir)),
      name_(input.sanitised_name()) {}

fs::path JobWriter::write_data_json() {
  const fs::path file = folder_ / (name_ + "_data.json");
  write_file(file, input::to_json(input_));
  return file;
}

void JobWriter::write_seed(uint32_t seed, const model::Prediction& prediction,
                           const featurise::StructureLayout& layout, const Tensor<uint8_t>& frames_mask,
                           const chem::Ccd& ccd) {
  const TokenFrames frames = token_frames(layout, frames_mask.values());
  const auto place_of = [&](int sample) { return fmt::format("seed-{}_sample-{}", seed, sample); };
  // All samples are checked before the first is written.
  std::vector<PredictedAtoms> samples;
  for (int sample = 0; sample < prediction.samples(); ++sample)
    samples.push_back(predicted_atoms(prediction, sample, layout, name_ + ", " + place_of(sample)));

  for (int sample = 0; sample < prediction.samples(); ++sample) {
    const std::string place = place_of(sample);
    const PredictedAtoms& atoms = samples[static_cast<size_t>(sample)];
    const Confidences confidences = confidences_of(prediction, sample, layout, frames, atoms);
    const std::string prefix = (folder_ / place / (name_ + "_" + place)).string();
    const ModelCifInfo info{.name = name_,
                            .time = local_time("%Y-%m-%d %H:%M:%S"),
                            .model_identifier = options_.model_identifier,
                            .has_terms_file = options_.terms_of_use.has_value(),
                            .terms_url = options_.terms_url};
    write_large(prefix + "_model.cif", model_cif(layout, atoms, ccd, info));
    write_large(prefix + "_confidences.json",
                confidences_json(layout, atoms.plddts, prediction.contact_probs.values(),
                                 of_sample(prediction.full_pae, sample)));
    write_file(prefix + "_summary_confidences.json", summary_confidences_json(confidences, layout));
    ranking_.push_back({seed, sample, confidences.ranking_score});
  }
  write_arrays(seed, prediction);
}

void JobWriter::write_arrays(uint32_t seed, const model::Prediction& prediction) const {
  const auto write = [&](const std::string& kind, const NpzArrays& arrays) {
    const fs::path folder = folder_ / fmt::format("seed-{}_{}", seed, kind);
    write_npz(folder / fmt::format("{}_seed-{}_{}.npz", name_, seed, kind), arrays, true);
  };
  if (options_.save_embeddings)
    write("embeddings", {{"single_embeddings", NpyArray::f16(prediction.single_embeddings)},
                         {"pair_embeddings", NpyArray::f16(prediction.pair_embeddings)}});
  if (options_.save_distogram) write("distogram", {{"distogram", NpyArray::f16(prediction.distogram)}});
}

void JobWriter::write_large(const std::string& path, const std::string& text) const {
  if (options_.compress_large_output_files)
    write_file(path + ".zst", zstd_compress(text));
  else
    write_file(path, text);
}

double JobWriter::finish() {
  PLEAT_ASSERT(!ranking_.empty());
  const Ranked* best = &ranking_.front();
  std::string table = "seed,sample,ranking_score\r\n";
  for (const Ranked& ranked : ranking_) {
    if (ranked.ranking_score > best->ranking_score) best = &ranked;
    table += fmt::format("{},{},{}\r\n", ranked.seed, ranked.sample, python_repr(ranked.ranking_score));
  }
  const std::string place = fmt::format("seed-{}_sample-{}", best->seed, best->sample);
  const std::string large = options_.compress_large_output_files ? ".zst" : "";
  for (const std::string& file :
       {"_model.cif" + large, "_confidences.json" + large, std::string("_summary_confidences.json")})
    write_file(folder_ / (name_ + file), read_file(folder_ / place / (name_ + "_" + place + file)));
  if (options_.terms_of_use) write_file(folder_ / "TERMS_OF_USE.md", *options_.terms_of_use);
  write_file(folder_ / (name_ + "_ranking_scores.csv"), table);
  return best->ranking_score;
}

}  // namespace pleat::output
