// Reads a job's folder into Facts.
#include "report/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/error.h"
#include "base/log.h"
#include "chem/model_file.h"
#include "report/confidence_files.h"
#include "report/input_facts.h"

namespace pleat::report {
namespace {

constexpr std::string_view kRanking = "_ranking_scores.csv";

std::vector<fs::path> entries(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder, error)) found.push_back(entry.path());
  if (error) throw Error(folder.string(), "the folder can't be read: " + error.message());
  std::sort(found.begin(), found.end());
  return found;
}

// NAME of the file NAME_ranking_scores.csv; nullopt when the folder has none.
std::optional<std::string> job_name(const fs::path& folder) {
  for (const fs::path& path : entries(folder)) {
    const std::string file = path.filename().string();
    if (file.ends_with(kRanking)) return file.substr(0, file.size() - kRanking.size());
  }
  return std::nullopt;
}

// Calls read(text of the file); errors name the file.
template <class Read>
auto read_placed(const fs::path& file, Read&& read) {
  const std::string text = read_text_file(file);
  try {
    return read(text);
  } catch (const Error& error) {
    throw error.within(file.string());
  }
}

// The file, or its compressed form.
fs::path plain_or_compressed(const fs::path& file) {
  const fs::path compressed = file.string() + ".zst";
  return !fs::exists(file) && fs::exists(compressed) ? compressed : file;
}

template <class T>
T parsed(std::string_view text, size_t line) {
  T value{};
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc() || end != text.data() + text.size())
    throw Error(fmt::format("line {}", line), fmt::format("'{}' is not a number", text));
  return value;
}

// Rows "seed,sample,ranking_score" after a heading.
std::vector<Sample> read_ranking(const std::string& text) {
  std::vector<Sample> samples;
  size_t line = 0;
  for (size_t from = 0; from < text.size();) {
    const size_t end = std::min(text.find('\n', from), text.size());
    std::string_view row = std::string_view(text).substr(from, end - from);
    from = end + 1;
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (++line == 1 || row.empty()) continue;
    const size_t first = row.find(','), second = row.rfind(',');
    if (first == second)
      throw Error(fmt::format("line {}", line),
                  "the line does not have the three columns seed,sample,ranking_score");
    Sample& sample = samples.emplace_back();
    sample.seed = parsed<uint32_t>(row.substr(0, first), line);
    sample.number = parsed<int>(row.substr(first + 1, second - first - 1), line);
    sample.ranking_score = parsed<double>(row.substr(second + 1), line);
  }
  if (samples.empty()) throw Error("", "the table has no samples");
  std::stable_sort(samples.begin(), samples.end(),
                   [](const Sample& a, const Sample& b) { return a.ranking_score > b.ranking_score; });
  return samples;
}

// The files of one job.
class JobFolder {
 public:
  JobFolder(fs::path folder, std::string name) : folder_(std::move(folder)), name_(std::move(name)) {}

  fs::path at_root(const std::string& suffix) const {
    return plain_or_compressed(folder_ / (name_ + suffix));
  }
  fs::path of_sample(const Sample& sample, const std::string& suffix) const {
    const std::string place = fmt::format("seed-{}_sample-{}", sample.seed, sample.number);
    return plain_or_compressed(folder_ / place / (name_ + "_" + place + suffix));
  }

 private:
  fs::path folder_;
  std::string name_;
};

featurise::StructureLayout layout_of(const chem::ModelFile& model) {
  featurise::StructureLayout layout;
  for (const chem::ModelFile::Chain& chain : model.chains) {
    featurise::OutputChain& made = layout.chains.emplace_back();
    made.id = chain.id;
    made.type = chain.type;
    made.mmcif_type = chain.mmcif_type;
    made.smiles = chain.smiles;
    for (const auto& [name, number] : chain.residues) made.residues.push_back({name, number});
  }
  for (const chem::ModelFile::Atom& atom : model.atoms)
    layout.atoms.push_back({atom.chain, atom.residue, atom.name, atom.element});
  for (const auto& [a, b] : model.bonds) layout.bonds.push_back({a, b});
  return layout;
}

// Fills layout.tokens and the token of each atom. A residue has one token, or one for each atom.
void add_tokens(const FullConfidences& confidences, featurise::StructureLayout& layout) {
  const size_t tokens = confidences.token_chains.size();
  const auto differs = [&] {
    return Error("", "the tokens are not those of the model file", "Use both files of the same sample.");
  };
  size_t token = 0;
  for (size_t a = 0; a < layout.atoms.size();) {
    const int chain = layout.atoms[a].chain, residue = layout.atoms[a].residue;
    const featurise::OutputChain& of = layout.chains[static_cast<size_t>(chain)];
    const int number = of.residues[static_cast<size_t>(residue)].id;
    size_t atoms = 0, own = 0;
    while (a + atoms < layout.atoms.size() && layout.atoms[a + atoms].chain == chain &&
           layout.atoms[a + atoms].residue == residue)
      ++atoms;
    while (token + own < tokens && confidences.token_chains[token + own] == of.id &&
           confidences.token_residues[token + own] == number)
      ++own;
    if (own != 1 && own != atoms) throw differs();
    for (size_t i = 0; i < atoms; ++i)
      layout.atoms[a + i].token = static_cast<int>(token + (own == 1 ? 0 : i));
    for (size_t i = 0; i < own; ++i) layout.tokens.push_back({chain, number});
    token += own;
    a += atoms;
  }
  if (token != tokens) throw differs();
}

std::vector<int> entities(const featurise::StructureLayout& layout) {
  std::map<std::string, int> first;
  std::vector<int> found;
  for (const featurise::OutputChain& chain : layout.chains) {
    std::string key = chain.mmcif_type + ":" + chain.smiles;
    for (const featurise::OutputResidue& residue : chain.residues)
      key += " " + (chain.smiles.empty() ? residue.name : std::string());
    found.push_back(first.emplace(key, static_cast<int>(first.size())).first->second);
  }
  return found;
}

// Reads a sample's large files. The first one also gives the layout, into `facts`.
void read_detail(const JobFolder& files, Sample& sample, Facts& facts) {
  const fs::path model_path = files.of_sample(sample, "_model.cif");
  const chem::ModelFile model = read_placed(model_path, chem::read_model_file);
  const fs::path path = files.of_sample(sample, "_confidences.json");
  sample.detail = read_placed(path, [&](const std::string& text) {
    FullConfidences confidences = read_confidences(text);
    if (facts.layout.atoms.empty()) {
      facts.layout = layout_of(model);
      facts.software = model.software;
      facts.version = model.version;
      add_tokens(confidences, facts.layout);
    }
    if (confidences.token_chains.size() != facts.tokens())
      throw Error("", fmt::format("the file has {} tokens, the best sample {}",
                                  confidences.token_chains.size(), facts.tokens()));
    SampleDetail detail;
    for (const chem::ModelFile::Atom& atom : model.atoms) {
      detail.positions.push_back(atom.position);
      detail.plddts.push_back(atom.plddt);
    }
    detail.pae = std::move(confidences.pae);
    detail.contact_probs = std::move(confidences.contact_probs);
    return detail;
  });
  if (sample.detail->positions.size() != facts.layout.atoms.size())
    throw Error(model_path.string(), fmt::format("the file has {} atoms, the best sample {}",
                                                 sample.detail->positions.size(), facts.layout.atoms.size()));
}

void check_geometry(const Definitions& definitions, Facts& facts) {
  for (Sample& sample : facts.samples) {
    if (!sample.detail) continue;
    SampleDetail& detail = *sample.detail;
    detail.handedness = check_handedness(facts.layout, detail.positions, definitions);
    detail.odd_bonds = odd_bonds(facts.layout, detail.positions, definitions);
    detail.clashes = ligand_clashes(facts.layout, detail.positions, definitions);
  }
  std::vector<std::string>& undefined = facts.undefined;
  for (const featurise::OutputChain& chain : facts.layout.chains)
    for (const featurise::OutputResidue& residue : chain.residues)
      if (!definitions.contains(residue.name)) undefined.push_back(residue.name);
  std::sort(undefined.begin(), undefined.end());
  undefined.erase(std::unique(undefined.begin(), undefined.end()), undefined.end());
}

void read_samples(const JobFolder& files, const ReadLimits& limits, Facts& facts) {
  for (size_t s = 0; s < facts.samples.size(); ++s) {
    Sample& sample = facts.samples[s];
    sample.scores = read_placed(files.of_sample(sample, "_summary_confidences.json"), read_summary);
    const size_t matrices = (s + 1) * facts.tokens() * facts.tokens();
    const bool fits =
        matrices <= limits.matrix_elements && (s + 1) * facts.layout.atoms.size() <= limits.atoms;
    if (s == 0 || fits) read_detail(files, sample, facts);
    if (sample.scores.chain_pair_iptm.size() != facts.layout.chains.size())
      throw Error(files.of_sample(sample, "_summary_confidences.json").string(),
                  fmt::format("the file has {} chains, the model file {}",
                              sample.scores.chain_pair_iptm.size(), facts.layout.chains.size()));
  }
}

}  // namespace

std::string Facts::warning() const {
  if (version.find("(model demo)") != std::string::npos)
    return "The demo weights made this. They were trained only on ubiquitin, to show how the program "
           "works, and cannot predict other structures.";
  if (version.find("(model synthetic:") != std::string::npos)
    return "Made-up weights made this. The structure and all numbers are meaningless.";
  return "";
}

bool is_job_folder(const fs::path& folder) {
  return fs::is_directory(folder) && job_name(folder).has_value();
}

std::vector<fs::path> job_folders(const fs::path& folder) {
  if (is_job_folder(folder)) return {folder};
  std::vector<fs::path> found;
  for (const fs::path& path : entries(folder))
    if (is_job_folder(path)) found.push_back(path);
  if (found.empty())
    throw Error(folder.string(),
                "neither this folder nor one inside it holds a prediction (NAME_ranking_scores.csv)",
                "Give the folder of a job, or the --output_dir of pleat predict.");
  return found;
}

Facts read_facts(const fs::path& folder, std::shared_ptr<const chem::Ccd> ccd, const ReadLimits& limits) {
  Facts facts;
  const std::optional<std::string> name = job_name(folder);
  if (!name) throw Error(folder.string(), "the folder has no NAME_ranking_scores.csv, so no prediction");
  facts.name = *name;
  facts.folder = folder;
  const JobFolder files(folder, *name);
  facts.samples = read_placed(files.at_root(std::string(kRanking)), read_ranking);
  read_samples(files, limits, facts);
  facts.entity = entities(facts.layout);
  facts.inputs.resize(facts.layout.chains.size());
  const fs::path input = files.at_root("_data.json");
  facts.has_input = fs::exists(input);
  if (facts.has_input) {
    InputFacts known = read_input_facts(input, facts.layout);
    facts.inputs = std::move(known.chains);
    if (known.user_ccd) ccd = chem::Ccd::with_user_ccd(ccd, *known.user_ccd);
  }
  check_geometry(definitions_of(facts.layout, *ccd), facts);
  const fs::path manifest = files.at_root("_manifest.json");
  if (fs::exists(manifest)) facts.manifest = read_text_file(manifest);
  return facts;
}

std::vector<float> token_plddts(const Facts& facts, const SampleDetail& detail) {
  std::vector<float> sums(facts.tokens());
  std::vector<int> counts(facts.tokens());
  for (size_t a = 0; a < facts.layout.atoms.size(); ++a) {
    const auto token = static_cast<size_t>(facts.layout.atoms[a].token);
    sums[token] += detail.plddts[a];
    ++counts[token];
  }
  for (size_t t = 0; t < sums.size(); ++t) sums[t] /= static_cast<float>(counts[t]);
  return sums;
}

std::vector<double> chain_plddts(const Facts& facts, const SampleDetail& detail) {
  std::vector<double> sums(facts.layout.chains.size());
  std::vector<int> counts(sums.size());
  for (size_t a = 0; a < facts.layout.atoms.size(); ++a) {
    const auto chain = static_cast<size_t>(facts.layout.atoms[a].chain);
    sums[chain] += static_cast<double>(detail.plddts[a]);
    ++counts[chain];
  }
  for (size_t c = 0; c < sums.size(); ++c) sums[c] /= counts[c];
  return sums;
}

std::string type_name(chem::ChainType type) {
  switch (type) {
    case chem::ChainType::protein:
      return "protein";
    case chem::ChainType::rna:
      return "RNA";
    case chem::ChainType::dna:
      return "DNA";
    default:
      return "ligand";
  }
}

std::string atom_text(const featurise::StructureLayout& layout, int atom) {
  const featurise::OutputAtom& of = layout.atoms[static_cast<size_t>(atom)];
  const featurise::OutputChain& chain = layout.chains[static_cast<size_t>(of.chain)];
  const featurise::OutputResidue& residue = chain.residues[static_cast<size_t>(of.residue)];
  return fmt::format("{} {} {} {}", chain.id, residue.name, residue.id, of.name);
}

}  // namespace pleat::report
