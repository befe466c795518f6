// The files of one job.
#include "output/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "base/log.h"
#include "input/read_input.h"
#include "output/clashes.h"
#include "output/confidences.h"
#include "output/disorder.h"
#include "output/json_files.h"
#include "output/number_text.h"
#include "output/predicted_atoms.h"

namespace pleat::output {
namespace {

// The ends of the names of a sample's files.
std::vector<std::string> file_ends(const OutputOptions& options) {
  const std::string large = options.compress_large_output_files ? ".zst" : "";
  std::vector<std::string> ends;
  for (const ModelFormat format : options.formats) ends.push_back("_model" + extension(format) + large);
  ends.push_back("_confidences.json" + large);
  ends.push_back("_summary_confidences.json");
  return ends;
}

// SOURCE_DATE_EPOCH, in seconds, by which other programs make outputs that can be compared byte for byte.
std::optional<std::time_t> chosen_time() {
  const char* text = std::getenv("SOURCE_DATE_EPOCH");
  std::time_t seconds = 0;
  if (!text) return std::nullopt;
  const char* end = text + std::strlen(text);
  const auto [digits_end, error] = std::from_chars(text, end, seconds);
  return error == std::errc() && digits_end == end && end > text ? std::optional(seconds) : std::nullopt;
}

// This moment in local time, or SOURCE_DATE_EPOCH in UTC, in strftime's form.
std::string local_time(const char* form) {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  if (const auto chosen = chosen_time())
    gmtime_r(&*chosen, &parts);
  else
    localtime_r(&now, &parts);
  char text[64];
  std::strftime(text, sizeof text, form, &parts);
  return text;
}

// Makes a folder; false when it exists already.
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

// Only the job that makes a folder uses it: jobs of equal names never share one.
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
  // The longest name of a job's files, the temporary one of write_file.
  constexpr std::string_view kLongest = "_seed-4294967295_sample-99999_summary_confidences.json.part4194304";
  constexpr size_t kFileName = 255;
  const std::string name = input.sanitised_name();
  if (name.empty() || name == "." || name == "..")
    throw Error("", fmt::format("pleat cannot make a file name from '{}'", input.name),
                "Use letters or digits.");
  if (name.size() + kLongest.size() > kFileName)
    throw Error("",
                fmt::format("the name has {} characters, too many for the names of the results", name.size()),
                fmt::format("Use at most {}.", kFileName - kLongest.size()));
}

std::string data_file(const std::string& name) { return name + "_data.json"; }

std::vector<std::string> sample_files(const std::string& name, uint32_t seed, int sample,
                                      const OutputOptions& options) {
  const std::string place = fmt::format("seed-{}_sample-{}", seed, sample);
  std::vector<std::string> files;
  for (const std::string& end : file_ends(options))
    files.push_back(fmt::format("{}/{}_{}{}", place, name, place, end));
  return files;
}

std::vector<std::string> seed_files(const std::string& name, uint32_t seed, const OutputOptions& options) {
  std::vector<std::string> files;
  const auto add = [&](const char* kind) {
    files.push_back(fmt::format("seed-{}_{}/{}_seed-{}_{}.npz", seed, kind, name, seed, kind));
  };
  if (options.save_embeddings) add("embeddings");
  if (options.save_distogram) add("distogram");
  return files;
}

std::vector<std::string> whole_files(const std::string& name, const OutputOptions& options) {
  std::vector<std::string> files;
  for (const std::string& end : file_ends(options)) files.push_back(name + end);
  if (options.terms_of_use) files.push_back("TERMS_OF_USE.md");
  files.push_back(name + "_ranking_scores.csv");
  return files;
}

// As measured on proteins: a pair's PAE and contact probability take ten characters, an atom's line and pLDDT a
// hundred. Embeddings and distograms are half precision, and compress little.
ResultBytes result_bytes(int64_t tokens, int64_t atoms, const ResultWidths& widths,
                         const OutputOptions& options) {
  constexpr int64_t kPair = 11, kAtom = 120, kSample = 20'000, kSmallest = 3;
  constexpr int64_t kHalf = 2;
  const int64_t pairs = tokens * tokens;
  ResultBytes bytes;
  bytes.sample =
      (kPair * pairs + kAtom * atoms) / (options.compress_large_output_files ? kSmallest : 1) + kSample;
  if (options.save_embeddings) bytes.seed += kHalf * (widths.pair * pairs + widths.single * tokens);
  if (options.save_distogram) bytes.seed += kHalf * widths.bins * pairs;
  return bytes;
}

JobWriter::JobWriter(const input::FoldInput& input, const fs::path& output_dir, OutputOptions options)
    : input_(input), options_(std::move(options)), output_dir_(output_dir), name_(input.sanitised_name()) {
  folder_ = options_.folder ? *options_.folder : choose_folder(output_dir, name_, options_.force_output_dir);
}

fs::path JobWriter::write_data_json() {
  write(data_file(name_), input::to_json(input_));
  return folder_ / data_file(name_);
}

void JobWriter::add_written(uint32_t seed, int sample, double ranking_score) {
  ranking_.push_back({seed, sample, ranking_score});
}

void JobWriter::write_seed(uint32_t seed, const model::Prediction& prediction,
                           const featurise::StructureLayout& layout, const Tensor<uint8_t>& frames_mask,
                           const chem::Ccd& ccd, std::span<const int> numbers, const OnSample& on_sample) {
  PLEAT_ASSERT(numbers.empty() || static_cast<int64_t>(numbers.size()) == prediction.samples());
  const auto number = [&](int i) { return numbers.empty() ? i : numbers[static_cast<size_t>(i)]; };
  const TokenFrames frames = token_frames(layout, frames_mask.values());
  // Checks all samples before writing the first.
  std::vector<PredictedAtoms> samples;
  for (int i = 0; i < prediction.samples(); ++i)
    samples.push_back(
        predicted_atoms(prediction, i, layout, fmt::format("{}, seed-{}_sample-{}", name_, seed, number(i))));
  write_arrays(seed, prediction);
  for (int i = 0; i < prediction.samples(); ++i) {
    const int sample = number(i);
    const PredictedAtoms& atoms = samples[static_cast<size_t>(i)];
    const Confidences confidences = confidences_of(prediction, i, layout, frames, atoms);
    const std::string place = fmt::format("seed-{}_sample-{}", seed, sample);
    const std::string prefix = fmt::format("{}/{}_{}", place, name_, place);
    const ModelCifInfo info{.name = name_,
                            .time = local_time("%Y-%m-%d %H:%M:%S"),
                            .model_identifier = options_.model_identifier,
                            .has_terms_file = options_.terms_of_use.has_value(),
                            .ligand_bonds = options_.ligand_bonds,
                            .terms_url = options_.terms_url};
    for (const ModelFormat format : options_.formats)
      write_large(prefix + "_model" + extension(format), model_file(format, layout, atoms, ccd, info));
    write_large(prefix + "_confidences.json",
                confidences_json(layout, atoms.plddts, prediction.contact_probs.values(),
                                 of_sample(prediction.full_pae, i)));
    write(prefix + "_summary_confidences.json", summary_confidences_json(confidences, layout));
    add_written(seed, sample, confidences.ranking_score);
    if (on_sample) on_sample(seed, sample, confidences.ranking_score);
  }
}

void JobWriter::write_arrays(uint32_t seed, const model::Prediction& prediction) const {
  const auto write = [&](const std::string& kind, const NpzArrays& arrays) {
    const std::string path = fmt::format("seed-{}_{}/{}_seed-{}_{}.npz", seed, kind, name_, seed, kind);
    require_inside(path);
    write_npz(folder_ / path, arrays, true);
  };
  if (options_.save_embeddings)
    write("embeddings", {{"single_embeddings", NpyArray::f16(prediction.single_embeddings)},
                         {"pair_embeddings", NpyArray::f16(prediction.pair_embeddings)}});
  if (options_.save_distogram) write("distogram", {{"distogram", NpyArray::f16(prediction.distogram)}});
}

void JobWriter::require_inside(const std::string& path) const {
  std::error_code error;
  const fs::path outer = fs::canonical(output_dir_, error);
  if (error) throw Error(output_dir_.string(), "the folder can't be read: " + error.message());
  const fs::path inner = fs::weakly_canonical((folder_ / path).parent_path(), error);
  const auto [end, unused] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  if (error || end != outer.end())
    throw Error((folder_ / path).string(), "a symbolic link leads out of the output folder",
                "Remove the link, or choose another --output_dir.");
}

void JobWriter::write(const std::string& path, std::string_view bytes) const {
  require_inside(path);
  write_file(folder_ / path, bytes);
}

void JobWriter::write_large(const std::string& path, const std::string& text) const {
  if (options_.compress_large_output_files)
    write(path + ".zst", zstd_compress(text));
  else
    write(path, text);
}

double JobWriter::finish() {
  PLEAT_ASSERT(!ranking_.empty());
  // Earlier runs may have written any of the samples: they are ranked in the order of seeds and samples.
  const auto place_of = [&](const Ranked& ranked) {
    const auto seed = std::find(input_.seeds.begin(), input_.seeds.end(), ranked.seed);
    return std::pair(seed - input_.seeds.begin(), ranked.sample);
  };
  std::stable_sort(ranking_.begin(), ranking_.end(),
                   [&](const Ranked& a, const Ranked& b) { return place_of(a) < place_of(b); });
  const Ranked* best = &ranking_.front();
  std::string table = "seed,sample,ranking_score\r\n";
  for (const Ranked& ranked : ranking_) {
    if (ranked.ranking_score > best->ranking_score) best = &ranked;
    table += fmt::format("{},{},{}\r\n", ranked.seed, ranked.sample, python_repr(ranked.ranking_score));
  }
  const std::string place = fmt::format("seed-{}_sample-{}", best->seed, best->sample);
  for (const std::string& end : file_ends(options_))
    write(name_ + end, read_file(folder_ / place / (name_ + "_" + place + end)));
  if (options_.terms_of_use) write("TERMS_OF_USE.md", *options_.terms_of_use);
  write(name_ + "_ranking_scores.csv", table);
  return best->ranking_score;
}

}  // namespace pleat::output
