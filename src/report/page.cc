#include "report/page.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/log.h"

extern "C" const char pleat_report_html[], pleat_report_html_end[], pleat_report_css[],
    pleat_report_css_end[], pleat_report_js[], pleat_report_js_end[], pleat_3dmol_js[], pleat_3dmol_js_end[],
    pleat_3dmol_licence[], pleat_3dmol_licence_end[];

namespace pleat::report {
namespace {

using nlohmann::json;

json number(double value) { return std::isfinite(value) ? json(value) : json(); }

json numbers(const std::vector<double>& values) {
  json list = json::array();
  for (const double value : values) list.push_back(number(value));
  return list;
}

json matrix(const output::ChainMatrix& values) {
  json rows = json::array();
  for (const auto& row : values) rows.push_back(numbers(row));
  return rows;
}

// Rounds a number, so that JSON prints few digits.
double rounded(double value, double step) { return std::round(value / step) * step; }

std::string deflated(std::string_view bytes) {
  uLongf size = compressBound(bytes.size());
  std::string packed(size, '\0');
  const int status =
      compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
                bytes.size(), Z_DEFAULT_COMPRESSION);
  PLEAT_ASSERT(status == Z_OK);
  packed.resize(size);
  return packed;
}

// Arrays of the page, each stored once: little-endian, every element less the one before it in its row, deflated.
class Blobs {
 public:
  // What the page shows first stands before its script, the others behind it: the browser draws while it reads them.
  enum class When { first, later };

  // Returns the array's number.
  template <class T>
  size_t add(const std::vector<T>& values, size_t width, When when) {
    std::vector<T> differences = values;
    for (size_t row = 0; row < values.size(); row += width)
      for (size_t i = row + 1; i < row + width; ++i)
        differences[i] = static_cast<T>(values[i] - values[i - 1]);
    const std::string packed =
        deflated({reinterpret_cast<const char*>(differences.data()), differences.size() * sizeof(T)});
    const auto [known, is_new] = numbers_.emplace(packed, numbers_.size());
    if (is_new)
      (when == When::first ? first_ : later_) +=
          fmt::format("<script nonce=\"pleat\" type=\"text/plain\" id=\"blob-{}\">{}</script>\n",
                      known->second, base64(packed));
    return known->second;
  }
  const std::string& first() const { return first_; }
  const std::string& later() const { return later_; }

 private:
  std::map<std::string, size_t> numbers_;
  std::string first_, later_;
};

constexpr uint8_t kMissing = 255;

// Larger matrices also have a picture of so many pixels on a side.
constexpr size_t kPictureSize = 1000;

// The averages of an [n, n] matrix over blocks of pairs, without what is missing.
std::vector<uint8_t> picture(const std::vector<uint8_t>& matrix, size_t n) {
  const auto edge = [n](size_t pixel) { return pixel * n / kPictureSize; };
  std::vector<uint8_t> pixels;
  pixels.reserve(kPictureSize * kPictureSize);
  for (size_t y = 0; y < kPictureSize; ++y) {
    for (size_t x = 0; x < kPictureSize; ++x) {
      size_t sum = 0, parts = 0;
      for (size_t i = edge(y); i < edge(y + 1); ++i) {
        for (size_t j = edge(x); j < edge(x + 1); ++j) {
          const uint8_t byte = matrix[i * n + j];
          sum += byte == kMissing ? 0 : byte;
          parts += byte == kMissing ? 0 : 1;
        }
      }
      pixels.push_back(parts == 0 ? kMissing : static_cast<uint8_t>((sum + parts / 2) / parts));
    }
  }
  return pixels;
}

// Eighths of an Angstrom up to 31.75, the network's highest PAE.
uint8_t pae_byte(float pae) {
  return std::isnan(pae) ? kMissing : static_cast<uint8_t>(std::clamp(std::round(pae * 8), 0.0f, 254.0f));
}

uint8_t probability_byte(float probability) {
  return std::isnan(probability)
             ? kMissing
             : static_cast<uint8_t>(std::clamp(std::round(probability * 100), 0.0f, 100.0f));
}

std::vector<uint8_t> bytes_of(const std::vector<float>& values, uint8_t (*byte_of)(float)) {
  std::vector<uint8_t> bytes(values.size());
  std::transform(values.begin(), values.end(), bytes.begin(), byte_of);
  return bytes;
}

// All x, all y, all z, in thousandths of an Angstrom, as the model file has them.
std::vector<int32_t> thousandths(const std::vector<Point>& positions) {
  std::vector<int32_t> values;
  for (size_t axis = 0; axis < 3; ++axis)
    for (const Point& at : positions) values.push_back(static_cast<int32_t>(std::lround(at[axis] * 1000)));
  return values;
}

std::vector<uint16_t> hundredths(const std::vector<float>& values) {
  std::vector<uint16_t> found;
  for (const float value : values)
    found.push_back(static_cast<uint16_t>(std::lround(std::clamp(value, 0.0f, 100.0f) * 100)));
  return found;
}

// Describes residues by their kind: name, atoms, and whether each atom is a token.
class Kinds {
 public:
  explicit Kinds(const featurise::StructureLayout& layout) : layout_(layout) {}

  // The residue whose atoms are [first, last) of the layout.
  size_t add(size_t first, size_t last) {
    const featurise::OutputAtom& atom = layout_.atoms[first];
    const auto& chain = layout_.chains[static_cast<size_t>(atom.chain)];
    json kind = {{"name", chain.residues[static_cast<size_t>(atom.residue)].name},
                 {"atoms", json::array()},
                 {"elements", json::array()},
                 {"tokens", layout_.atoms[last - 1].token - atom.token + 1}};
    for (size_t a = first; a < last; ++a) {
      kind["atoms"].push_back(layout_.atoms[a].name);
      kind["elements"].push_back(layout_.atoms[a].element);
    }
    const auto [known, is_new] = numbers_.emplace(kind.dump(), numbers_.size());
    if (is_new) all_.push_back(kind);
    return known->second;
  }
  const json& all() const { return all_; }

 private:
  const featurise::StructureLayout& layout_;
  std::map<std::string, size_t> numbers_;
  json all_ = json::array();
};

json input_json(const ChainInput& input) {
  json templates = json::array();
  for (const TemplateFacts& of : input.templates)
    templates.push_back(
        {{"name", of.name}, {"date", of.release_date}, {"residues", ranges_text(of.residues)}});
  json found = {{"templates", templates}, {"msa", nullptr}};
  if (input.alignment)
    found["msa"] = {{"unpaired", input.alignment->unpaired_rows},
                    {"paired", input.alignment->paired_rows},
                    {"coverage", input.alignment->coverage}};
  return found;
}

json chains_json(const Facts& facts, Kinds& kinds) {
  json chains = json::array();
  for (size_t c = 0; c < facts.layout.chains.size(); ++c) {
    const featurise::OutputChain& chain = facts.layout.chains[c];
    json made = input_json(facts.inputs[c]);
    made["id"] = chain.id;
    made["type"] = type_name(chain.type);
    made["entity"] = facts.entity[c];
    made["smiles"] = chain.smiles;
    made["residues"] = json::array();
    chains.push_back(made);
  }
  const auto& atoms = facts.layout.atoms;
  for (size_t first = 0, last = 0; first < atoms.size(); first = last) {
    while (last < atoms.size() && atoms[last].chain == atoms[first].chain &&
           atoms[last].residue == atoms[first].residue)
      ++last;
    const auto chain = static_cast<size_t>(atoms[first].chain);
    const auto& residues = facts.layout.chains[chain].residues;
    chains[chain]["residues"].push_back(
        {kinds.add(first, last), residues[static_cast<size_t>(atoms[first].residue)].id});
  }
  return chains;
}

// The highest contact probability between tokens of two chains; null within one.
json chain_contacts(const Facts& facts, const std::vector<float>& probabilities) {
  const size_t chains = facts.layout.chains.size();
  output::ChainMatrix highest(chains, std::vector<double>(chains, NAN));
  const size_t n = facts.tokens();
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) {
      const auto a = static_cast<size_t>(facts.layout.tokens[i].chain);
      const auto b = static_cast<size_t>(facts.layout.tokens[j].chain);
      // fmax ignores NaN.
      if (a != b)
        highest[a][b] =
            std::fmax(highest[a][b], rounded(static_cast<double>(probabilities[i * n + j]), 0.01));
    }
  }
  return matrix(highest);
}

// The matrix under `name`, and its picture.
void add_matrix(const std::string& name, const std::vector<uint8_t>& matrix, size_t n, Blobs::When when,
                Blobs& blobs, json& sample) {
  const bool is_large = n > kPictureSize;
  if (is_large) sample[name + "Picture"] = blobs.add(picture(matrix, n), kPictureSize, when);
  sample[name] = blobs.add(matrix, n, is_large ? Blobs::When::later : when);
}

void add_detail(const Facts& facts, const SampleDetail& detail, bool is_best, Blobs& blobs, json& sample) {
  const size_t atoms = facts.layout.atoms.size();
  const Blobs::When when = is_best ? Blobs::When::first : Blobs::When::later;
  sample["positions"] = blobs.add(thousandths(detail.positions), atoms, when);
  sample["plddts"] = blobs.add(hundredths(detail.plddts), atoms, when);
  add_matrix("pae", bytes_of(detail.pae, pae_byte), facts.tokens(), when, blobs, sample);
  add_matrix("contacts", bytes_of(detail.contact_probs, probability_byte), facts.tokens(), Blobs::When::later,
             blobs, sample);
  sample["pairContacts"] = chain_contacts(facts, detail.contact_probs);
  sample["chainPlddt"] = numbers(chain_plddts(facts, detail));
  double sum = 0;
  for (const float plddt : detail.plddts) sum += static_cast<double>(plddt);
  sample["meanPlddt"] = sum / static_cast<double>(atoms);
  sample["checkedOfChain"] = detail.handedness.checked_of_chain;
  sample["invertedOfChain"] = detail.handedness.inverted_of_chain;
  for (const char* key : {"inverted", "odd", "clashes"}) sample[key] = json::array();
  for (const InvertedCentre& centre : detail.handedness.inverted) sample["inverted"].push_back(centre.atom);
  const auto hundredth = [](float value) { return rounded(static_cast<double>(value), 0.01); };
  for (const OddBond& bond : detail.odd_bonds)
    sample["odd"].push_back({bond.atom_1, bond.atom_2, hundredth(bond.length), hundredth(bond.expected)});
  for (const Clash& clash : detail.clashes)
    sample["clashes"].push_back(
        {clash.atom_1, clash.atom_2, hundredth(clash.distance), hundredth(clash.least)});
  // If most residues have impossible bonds, a ribbon through their atoms shows nothing useful.
  size_t residues = 0;
  for (const featurise::OutputChain& chain : facts.layout.chains) residues += chain.residues.size();
  sample["broken"] = 2 * detail.odd_bonds.size() > residues;
}

json sample_json(const Facts& facts, const Sample& sample, Blobs& blobs) {
  const output::Confidences& scores = sample.scores;
  json made = {{"seed", sample.seed},
               {"sample", sample.number},
               {"score", number(sample.ranking_score)},
               {"ptm", number(scores.ptm)},
               {"iptm", number(scores.iptm)},
               {"disordered", number(scores.fraction_disordered)},
               {"clash", scores.has_clash},
               {"chainPtm", numbers(scores.chain_ptm)},
               {"chainIptm", numbers(scores.chain_iptm)},
               {"pairIptm", matrix(scores.chain_pair_iptm)},
               {"pairPae", matrix(scores.chain_pair_pae_min)},
               {"positions", nullptr},
               {"file", fmt::format("{}_seed-{}_sample-{}", facts.name, sample.seed, sample.number)}};
  if (sample.detail) add_detail(facts, *sample.detail, &sample == &facts.samples.front(), blobs, made);
  return made;
}

json manifest_json(const Facts& facts) {
  if (facts.manifest.empty()) return nullptr;
  json manifest = json::parse(facts.manifest, nullptr, /*allow_exceptions=*/false);
  if (manifest.is_object()) return manifest;
  log_warning("{}: the report leaves out {}_manifest.json, which is not a JSON object.",
              facts.folder.string(), facts.name);
  return nullptr;
}

json facts_json(const Facts& facts, Blobs& blobs) {
  Kinds kinds(facts.layout);
  json made = {{"name", facts.name},           {"software", facts.software},
               {"version", facts.version},     {"warning", facts.warning()},
               {"undefined", facts.undefined}, {"manifest", manifest_json(facts)},
               {"hasInput", facts.has_input},  {"pictureSize", kPictureSize}};
  made["chains"] = chains_json(facts, kinds);
  made["kinds"] = kinds.all();
  made["samples"] = json::array();
  for (const Sample& sample : facts.samples) made["samples"].push_back(sample_json(facts, sample, blobs));
  return made;
}

// JSON for a script element: ASCII, without a '<' that could begin a tag.
std::string script_text(const json& value) {
  const std::string text = value.dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace);
  std::string safe;
  for (const char c : text) {
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  }
  return safe;
}

// The frame with each "@@NAME@@" replaced once.
std::string filled(std::string_view frame, const std::map<std::string_view, std::string_view>& parts) {
  std::string text;
  while (true) {
    const size_t start = frame.find("@@");
    text += frame.substr(0, start);
    if (start == frame.npos) return text;
    const size_t end = frame.find("@@", start + 2);
    text += parts.at(frame.substr(start + 2, end - start - 2));
    frame.remove_prefix(end + 2);
  }
}

}  // namespace

std::string base64(std::string_view bytes) {
  static constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : kLetters[group >> (18 - 6 * k) & 63];
  }
  return text;
}

std::string ranges_text(const std::vector<int>& indices) {
  std::string text;
  for (size_t i = 0; i < indices.size();) {
    size_t end = i + 1;
    while (end < indices.size() && indices[end] == indices[end - 1] + 1) ++end;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", indices[i] + 1);
    if (end > i + 1) text += fmt::format("-{}", indices[end - 1] + 1);
    i = end;
  }
  return text;
}

std::string page(const Facts& facts) {
  Blobs blobs;
  const std::string json = script_text(facts_json(facts, blobs));
  return filled({pleat_report_html, pleat_report_html_end},
                {{"STYLE", {pleat_report_css, pleat_report_css_end}},
                 {"SCRIPT", {pleat_report_js, pleat_report_js_end}},
                 {"LICENCE", {pleat_3dmol_licence, pleat_3dmol_licence_end}},
                 {"LIBRARY", {pleat_3dmol_js, pleat_3dmol_js_end}},
                 {"FACTS", json},
                 {"BLOBS", blobs.first()},
                 {"LATER", blobs.later()}});
}

fs::path write_page(const fs::path& folder, std::shared_ptr<const chem::Ccd> ccd) {
  const Facts facts = read_facts(folder, std::move(ccd));
  const fs::path file = folder / (facts.name + "_report.html");
  write_file(file, page(facts));
  return file;
}

}  // namespace pleat::report
