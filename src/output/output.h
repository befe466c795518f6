// Prediction to files: confidences, mmCIF, JSON, ranking. docs/specs/outputs.md, sections 1-3; the
// reference's model/confidences.py, run_alphafold.py write_outputs and model/post_processing.py.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "chem/ccd.h"
#include "featurise/structure_layout.h"
#include "input/fold_input.h"
#include "model/prediction.h"

namespace pleat::output {

struct OutputOptions {
  bool save_embeddings = false;
  bool save_distogram = false;
  bool compress_large_output_files = false;
  bool force_output_dir = false;
  // Text of the weights' OUTPUT_TERMS_OF_USE.md, copied to TERMS_OF_USE.md; nullopt where the model directory
  // has none or with --nosave_terms_of_use.
  std::optional<std::string> terms_of_use;
  std::string terms_url;         // where these terms are published; empty: the weights have none
  std::string model_identifier;  // the 64 bytes of the weights file as text
};

// Throws Error, without a place, when no files can be named after the job: its sanitised name is empty, "."
// or
// "..", or leaves too little of the 255 bytes of a file's name for what its results append.
void check_name(const input::FoldInput& input);

// The results of one job. write_seed may be called once per seed as results arrive; finish writes what needs
// all of them.
class JobWriter {
 public:
  // Chooses the folder and makes it: output_dir/NAME (sanitised name), or NAME_YYYYMMDD_HHMMSS when that
  // exists, is not empty and force_output_dir is off, or the same with _2, _3, ... when that exists, too.
  JobWriter(const input::FoldInput& input, const fs::path& output_dir, OutputOptions options);

  const fs::path& folder() const { return folder_; }

  // Writes NAME_data.json; returns its path.
  fs::path write_data_json();

  // All samples of one seed, and its embeddings and distogram where asked for. frames_mask [N] is the
  // batch's. Throws Error, before any file is written, when a coordinate is not finite or a pLDDT lies
  // outside 0..100.
  void write_seed(uint32_t seed, const model::Prediction& prediction,
                  const featurise::StructureLayout& layout, const Tensor<uint8_t>& frames_mask,
                  const chem::Ccd& ccd);

  // The best sample's files at the root, the ranking table and the terms. Returns the best ranking score.
  double finish();

 private:
  struct Ranked {
    uint32_t seed;
    int sample;
    double ranking_score;
  };

  // The embeddings and the distogram of a seed, where asked for.
  void write_arrays(uint32_t seed, const model::Prediction& prediction) const;
  // A model or a full confidence file, compressed where asked for.
  void write_large(const std::string& path, const std::string& text) const;

  input::FoldInput input_;
  OutputOptions options_;
  fs::path folder_;
  std::string name_;
  std::vector<Ranked> ranking_;
};

}  // namespace pleat::output
