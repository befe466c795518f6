#include "batch/resume.h"

#include <algorithm>

#include "base/text.h"

namespace pleat::batch {
namespace {

bool all_there(const Manifest& manifest, const fs::path& folder, const std::vector<std::string>& files) {
  return std::all_of(files.begin(), files.end(), [&](const auto& f) { return manifest.has_file(folder, f); });
}

const SampleRecord* record_of(const Manifest& manifest, uint32_t seed, int sample) {
  const auto found =
      std::find_if(manifest.samples.begin(), manifest.samples.end(),
                   [&](const SampleRecord& s) { return s.seed == seed && s.sample == sample; });
  return found == manifest.samples.end() ? nullptr : &*found;
}

// Keeps in `kept` what is complete of a seed; returns the samples that are not.
std::vector<int> missing_samples(const Manifest& manifest, const fs::path& folder, const Expected::Seed& seed,
                                 Manifest& kept) {
  std::vector<int> missing;
  const bool arrays = all_there(manifest, folder, seed.arrays);
  const auto keep = [&](const std::vector<std::string>& files) {
    for (const std::string& file : files) kept.files[file] = manifest.files.at(file);
  };
  for (size_t i = 0; i < seed.samples.size(); ++i) {
    const SampleRecord* record = record_of(manifest, seed.seed, static_cast<int>(i));
    if (!arrays || !record || !all_there(manifest, folder, seed.samples[i])) {
      missing.push_back(static_cast<int>(i));
      continue;
    }
    kept.samples.push_back(*record);
    keep(seed.samples[i]);
  }
  if (arrays) keep(seed.arrays);
  return missing;
}

// NAME.part123 of write_file, NAME.npz.Ab12Cd of libzip.
bool is_part(const fs::path& file) {
  const std::string end = file.extension().string();
  const bool of_archive = file.stem().extension() == ".npz" && end.size() == 7;
  return of_archive ||
         (end.starts_with(".part") && end.size() > 5 && std::all_of(end.begin() + 5, end.end(), is_digit));
}

// "_20261127_145500", with a number after it where several began in that second.
bool is_time(const std::string& end) {
  constexpr std::string_view kForm = "_00000000_000000";
  if (end.size() < kForm.size()) return false;
  for (size_t i = 0; i < end.size(); ++i) {
    const bool digit = is_digit(end[i]);
    const bool line = i < kForm.size() ? kForm[i] == '_' : i == kForm.size();
    if (line ? end[i] != '_' : !digit) return false;
  }
  return true;
}

std::vector<fs::path> folders_of(const fs::path& output_dir, const std::string& name) {
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(output_dir, ignored)) {
    const std::string folder = entry.path().filename().string();
    const bool of_job = folder == name || (folder.starts_with(name) && is_time(folder.substr(name.size())));
    if (of_job && entry.symlink_status().type() == fs::file_type::directory) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());  // NAME comes first
  return folders;
}

}  // namespace

Left all_of(const Expected& expected) {
  Left left;
  for (const Expected::Seed& seed : expected.seeds) {
    Left::Seed all{seed.seed, {}};
    for (size_t i = 0; i < seed.samples.size(); ++i) all.samples.push_back(static_cast<int>(i));
    left.seeds.push_back(std::move(all));
  }
  left.whole = !expected.whole.empty();
  return left;
}

Left left_of(Manifest& manifest, const fs::path& folder, const Expected& expected) {
  Manifest kept = manifest;
  kept.files.clear();
  kept.samples.clear();
  if (!manifest.has_file(folder, expected.data)) {
    manifest = std::move(kept);
    return all_of(expected);
  }
  Left left;
  left.data = false;
  kept.files[expected.data] = manifest.files.at(expected.data);
  for (const Expected::Seed& seed : expected.seeds) {
    std::vector<int> missing = missing_samples(manifest, folder, seed, kept);
    if (!missing.empty()) left.seeds.push_back({seed.seed, std::move(missing)});
  }
  left.whole = !expected.whole.empty() && (!left.seeds.empty() || manifest.state != JobState::complete ||
                                           manifest.samples.size() != kept.samples.size() ||
                                           !all_there(manifest, folder, expected.whole));
  if (!left.whole)
    for (const std::string& file : expected.whole) kept.files[file] = manifest.files.at(file);
  manifest = std::move(kept);
  return left;
}

bool is_complete(const fs::path& output_dir, const std::string& name) {
  const std::vector<fs::path> folders = folders_of(output_dir, name);
  return std::any_of(folders.begin(), folders.end(), [&](const fs::path& folder) {
    const auto manifest = read_manifest(folder / manifest_name(name));
    return manifest && manifest->state == JobState::complete && !manifest->origin.weights.empty();
  });
}

std::optional<Continued> find_continued(const fs::path& output_dir, const std::string& name,
                                        const Origin& origin) {
  for (const fs::path& folder : folders_of(output_dir, name)) {
    auto manifest = read_manifest(folder / manifest_name(name));
    if (manifest && origin.continues(manifest->origin)) return Continued{folder, std::move(*manifest)};
  }
  return std::nullopt;
}

void remove_parts(const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> parts;
  for (const auto& entry : fs::recursive_directory_iterator(folder, ignored))
    if (is_part(entry.path()) && entry.is_regular_file()) parts.push_back(entry.path());
  for (const fs::path& part : parts) fs::remove(part, ignored);
}

}  // namespace pleat::batch
