// Prediction to files: confidences, mmCIF, JSON, ranking. docs/specs/outputs.md, sections 1-3; the
// reference's model/confidences.py, run_alphafold.py write_outputs and model/post_processing.py.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "chem/ccd.h"
#include "featurise/structure_layout.h"
#include "input/fold_input.h"
#include "model/prediction.h"
#include "output/model_formats.h"

namespace pleat::output {

struct OutputOptions {
  bool save_embeddings = false;
  bool save_distogram = false;
  bool compress_large_output_files = false;
  std::vector<ModelFormat> formats = {ModelFormat::cif};  // of the model files
  bool ligand_bonds = false;                              // whether they list the ligands' bonds
  bool force_output_dir = false;
  // Text of the weights' OUTPUT_TERMS_OF_USE.md, copied to TERMS_OF_USE.md; nullopt when the weights folder
  // has none, or with --nosave_terms_of_use.
  std::optional<std::string> terms_of_use;
  std::string terms_url;         // of these terms; empty: the weights have none
  std::string model_identifier;  // the 64 bytes of the weights file as text
  // The folder in which an earlier run's results are continued; nullopt: JobWriter chooses one.
  std::optional<fs::path> folder;
};

// The names of a job's files, as paths within its folder.
std::string data_file(const std::string& sanitised_name);
std::vector<std::string> sample_files(const std::string& sanitised_name, uint32_t seed, int sample,
                                      const OutputOptions& options);
// Embeddings and distogram of a seed, where asked for.
std::vector<std::string> seed_files(const std::string& sanitised_name, uint32_t seed,
                                    const OutputOptions& options);
// What JobWriter::finish writes.
std::vector<std::string> whole_files(const std::string& sanitised_name, const OutputOptions& options);

// Throws Error, with an empty place, when the job's name makes no file names: the sanitised name is empty,
// "." or "..", or too long for file names of 255 bytes with all suffixes.
void check_name(const input::FoldInput& input);

// Bytes of a job's files, about and rather too many: those of one sample, and the arrays of one seed.
struct ResultBytes {
  int64_t sample = 0, seed = 0;
};
// `single`, `pair`: channels of the embeddings; `bins` of the distogram.
struct ResultWidths {
  int64_t single = 0, pair = 0, bins = 0;
};
ResultBytes result_bytes(int64_t tokens, int64_t atoms, const ResultWidths& widths,
                         const OutputOptions& options);

// Writes the results of one job. Call write_seed once per seed as results arrive; finish writes the files
// that need all seeds. Nothing is written through a symbolic link that leads out of output_dir: that is an
// Error.
class JobWriter {
 public:
  // Makes the folder output_dir/NAME (sanitised name). If that exists, is not empty and force_output_dir is
  // off, makes NAME_YYYYMMDD_HHMMSS; if that also exists, adds _2, _3, ...
  JobWriter(const input::FoldInput& input, const fs::path& output_dir, OutputOptions options);

  const fs::path& folder() const { return folder_; }

  // Writes NAME_data.json; returns its path.
  fs::path write_data_json();

  // A sample whose files are written: by this call, or known from an earlier run.
  using OnSample = std::function<void(uint32_t seed, int sample, double ranking_score)>;
  void add_written(uint32_t seed, int sample, double ranking_score);

  // Samples of one seed, and its embeddings and distogram where asked for, which come first. `numbers` has the
  // number of each sample of the prediction (ModelOptions::samples; empty: from 0 on); frames_mask [N] is the
  // batch's. on_sample is called when all files of a sample are written. Throws Error, before any file is written,
  // when a coordinate is not finite or a pLDDT lies outside 0..100.
  void write_seed(uint32_t seed, const model::Prediction& prediction,
                  const featurise::StructureLayout& layout, const Tensor<uint8_t>& frames_mask,
                  const chem::Ccd& ccd, std::span<const int> numbers = {}, const OnSample& on_sample = {});

  // Writes a file of the job, by its path within the folder.
  void write(const std::string& path, std::string_view bytes) const;

  // Writes the best sample's files at the root, the ranking table and the terms. Returns the best ranking
  // score.
  double finish();

 private:
  struct Ranked {
    uint32_t seed;
    int sample;
    double ranking_score;
  };

  // Writes the embeddings and the distogram of a seed, if requested.
  void write_arrays(uint32_t seed, const model::Prediction& prediction) const;
  // Writes a model or a full confidence file, compressed if requested.
  void write_large(const std::string& path, const std::string& text) const;
  // Throws Error where a link in the path of a file would lead out of the output folder.
  void require_inside(const std::string& path) const;

  input::FoldInput input_;
  OutputOptions options_;
  fs::path output_dir_;
  fs::path folder_;
  std::string name_;
  std::vector<Ranked> ranking_;
};

}  // namespace pleat::output
