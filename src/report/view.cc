#include "report/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/printable.h"

namespace pleat::report {
namespace {

// A table with columns as wide as their widest cell; the first column is left-aligned, the others
// right-aligned.
std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths(rows.front().size());
  for (const auto& row : rows)
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  std::string text;
  for (const auto& row : rows) {
    std::string line = fmt::format("  {:<{}}", row[0], widths[0]);
    for (size_t c = 1; c < row.size(); ++c) line += fmt::format("  {:>{}}", row[c], widths[c]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string counted(size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string score(double value, int decimals = 2) {
  return std::isnan(value) ? "-" : fmt::format("{:.{}f}", value, decimals);
}

std::string chain_table(const Facts& facts, const SampleDetail& best) {
  const std::vector<double> plddts = chain_plddts(facts, best);
  const output::Confidences& scores = facts.samples.front().scores;
  std::vector<std::vector<std::string>> rows = {
      {"chain", "type", "residues", "pLDDT", "pTM", "ipTM", "MSA rows", "templates"}};
  for (size_t c = 0; c < facts.layout.chains.size(); ++c) {
    const featurise::OutputChain& chain = facts.layout.chains[c];
    const ChainInput& input = facts.inputs[c];
    const std::string type = chain.type == chem::ChainType::ligand && chain.residues.size() == 1
                                 ? fmt::format("ligand {}", printable(chain.residues.front().name))
                                 : type_name(chain.type);
    rows.push_back({printable(chain.id), type, std::to_string(chain.residues.size()), score(plddts[c], 1),
                    score(scores.chain_ptm[c]), score(scores.chain_iptm[c]),
                    input.alignment
                        ? std::to_string(input.alignment->unpaired_rows + input.alignment->paired_rows)
                        : "-",
                    input.alignment ? std::to_string(input.templates.size()) : "-"});
  }
  return table(rows);
}

std::string sample_table(const Facts& facts) {
  constexpr size_t kMost = 20;
  std::vector<std::vector<std::string>> rows = {
      {"seed", "sample", "ranking", "pTM", "ipTM", "disordered", "chains clash"}};
  for (const Sample& sample : facts.samples) {
    if (rows.size() > kMost) break;
    rows.push_back({std::to_string(sample.seed), std::to_string(sample.number),
                    score(sample.ranking_score, 4), score(sample.scores.ptm), score(sample.scores.iptm),
                    score(sample.scores.fraction_disordered), sample.scores.has_clash ? "yes" : "no"});
  }
  std::string text = table(rows);
  if (facts.samples.size() > kMost)
    text +=
        fmt::format("  and {} more, in {}_ranking_scores.csv\n", facts.samples.size() - kMost, facts.name);
  return text;
}

std::string coloured(const std::string& text, int foreground, const ViewStyle& style) {
  return style.colour ? fmt::format("\x1b[38;5;{}m{}\x1b[0m", foreground, text) : text;
}

// AlphaFold's four classes, in its colours.
int plddt_colour(float plddt) { return plddt > 90 ? 27 : plddt > 70 ? 45 : plddt > 50 ? 220 : 208; }

// One character: a digit for tens, or a block as high.
std::string plddt_character(float plddt, const ViewStyle& style) {
  static const std::array<const char*, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (!style.unicode) return std::to_string(std::clamp(static_cast<int>(plddt / 10), 0, 9));
  return kBlocks[static_cast<size_t>(std::clamp(static_cast<int>(plddt / 12.5f), 0, 7))];
}

// Tokens of a chain: [first, last).
std::pair<size_t, size_t> tokens_of(const Facts& facts, int chain) {
  const auto& tokens = facts.layout.tokens;
  const auto is_before = [](const featurise::OutputToken& token, int c) { return token.chain < c; };
  const auto first = std::lower_bound(tokens.begin(), tokens.end(), chain, is_before);
  const auto last = std::lower_bound(first, tokens.end(), chain + 1, is_before);
  return {static_cast<size_t>(first - tokens.begin()), static_cast<size_t>(last - tokens.begin())};
}

std::string plddt_strips(const Facts& facts, const SampleDetail& best, const ViewStyle& style) {
  constexpr size_t kWidth = 60, kLines = 5;
  const std::vector<float> plddts = token_plddts(facts, best);
  std::string text;
  for (size_t c = 0; c < facts.layout.chains.size(); ++c) {
    const auto [first, last] = tokens_of(facts, static_cast<int>(c));
    const size_t group = (last - first + kWidth * kLines - 1) / (kWidth * kLines);
    size_t width = 0;
    for (size_t t = first; t < last; t += group, ++width) {
      if (width % kWidth == 0)
        text += fmt::format("{}  {:<4}{:>5}  ", width == 0 ? "" : "\n",
                            width == 0 ? printable(facts.layout.chains[c].id) : "",
                            facts.layout.tokens[t].residue_id);
      const size_t end = std::min(t + group, last);
      float mean = 0;
      for (size_t i = t; i < end; ++i) mean += plddts[i] / static_cast<float>(end - t);
      text += coloured(plddt_character(mean, style), plddt_colour(mean), style);
    }
    text += group > 1 ? fmt::format("  ({} tokens a character)\n", group) : "\n";
  }
  return text;
}

// The mean PAE of blocks of tokens, [cells, cells]; NaN entries are left out.
std::vector<double> pae_cells(const Facts& facts, const SampleDetail& best, size_t cells) {
  const size_t n = facts.tokens();
  std::vector<double> sums(cells * cells), counts(cells * cells);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) {
      const float value = best.pae[i * n + j];
      const size_t cell = i * cells / n * cells + j * cells / n;
      if (std::isnan(value)) continue;
      sums[cell] += static_cast<double>(value);
      counts[cell] += 1;
    }
  }
  for (size_t k = 0; k < sums.size(); ++k) sums[k] = counts[k] > 0 ? sums[k] / counts[k] : NAN;
  return sums;
}

constexpr double kPaeStep = 3.5;  // Angstrom for each of the nine shades up to 31.75

int pae_colour(double pae) {
  constexpr std::array kShades = {22, 28, 34, 71, 108, 114, 151, 194, 231};
  const double shade = std::isnan(pae) ? 8.0 : std::clamp(pae / kPaeStep, 0.0, 8.0);
  return kShades[static_cast<size_t>(shade)];
}

// The chain that starts in a row or column of the map, else blank.
std::string axis_label(const Facts& facts, size_t cells, size_t cell) {
  const size_t n = facts.tokens();
  for (size_t c = 0; c < facts.layout.chains.size(); ++c)
    if (tokens_of(facts, static_cast<int>(c)).first * cells / n == cell)
      return printable(facts.layout.chains[c].id);
  return "";
}

std::string pae_map(const Facts& facts, const SampleDetail& best, const ViewStyle& style) {
  const size_t cells = std::min<size_t>(facts.tokens(), 32);
  const std::vector<double> pae = pae_cells(facts, best, cells);
  constexpr std::string_view kShades = "@%#*+=-:. ";
  std::string text;
  const bool half_rows = style.colour && style.unicode;  // one character shows two rows
  for (size_t i = 0; i < cells; i += half_rows ? 2 : 1) {
    std::string label = axis_label(facts, cells, i);
    if (half_rows && label.empty() && i + 1 < cells) label = axis_label(facts, cells, i + 1);
    text += fmt::format("  {:<4} ", label.substr(0, 4));
    for (size_t j = 0; j < cells; ++j) {
      const double upper = pae[i * cells + j];
      const double lower = i + 1 < cells ? pae[(i + 1) * cells + j] : upper;
      if (half_rows) {
        text += fmt::format("\x1b[38;5;{}m\x1b[48;5;{}m▀", pae_colour(upper), pae_colour(lower));
      } else {
        const double shade = std::isnan(upper) ? 9.0 : std::clamp(upper / kPaeStep, 0.0, 9.0);
        text.append(2, kShades[static_cast<size_t>(shade)]);
      }
    }
    text += half_rows ? "\x1b[0m\n" : "\n";
  }
  if (half_rows)
    for (size_t k = 0; k < 9; ++k)
      text += fmt::format("{}\x1b[48;5;{}m  \x1b[0m", k == 0 ? "       0 A " : "",
                          pae_colour(static_cast<double>(k) * kPaeStep));
  else
    text += "       @@ below 3.5 A, then %% ## ** ++ == -- :: .. in steps of 3.5 A, blank above 31.5 A";
  return text + (half_rows ? " 31 A\n" : "\n");
}

template <class Items, class Text>
std::string findings(const std::string& heading, const Items& items, Text&& text_of) {
  constexpr size_t kMost = 5;
  std::string text;
  if (items.empty()) return text;
  text += fmt::format("  {} {}:", items.size(), heading);
  for (size_t i = 0; i < std::min(items.size(), kMost); ++i)
    text += fmt::format("{} {}", i ? ";" : "", text_of(items[i]));
  return text + (items.size() > kMost ? fmt::format("; and {} more\n", items.size() - kMost) : "\n");
}

std::string geometry(const Facts& facts, const SampleDetail& best) {
  const auto atom = [&](int a) { return printable(atom_text(facts.layout, a)); };
  std::string text;
  text += findings("inverted centres", best.handedness.inverted,
                   [&](const InvertedCentre& centre) { return atom(centre.atom); });
  text += findings("impossible bond lengths", best.odd_bonds, [&](const OddBond& bond) {
    return fmt::format("{} - {} {:.2f} A, not {:.2f}", atom(bond.atom_1), atom(bond.atom_2), bond.length,
                       bond.expected);
  });
  text += findings("clashes of ligands", best.clashes, [&](const Clash& clash) {
    return fmt::format("{} - {} {:.2f} A, at least {:.2f}", atom(clash.atom_1), atom(clash.atom_2),
                       clash.distance, clash.least);
  });
  if (text.empty()) text = "  nothing found\n";
  text += findings("components are unknown and unchecked", facts.undefined,
                   [](const std::string& name) { return printable(name); });
  return text;
}

}  // namespace

std::string view_text(const Facts& facts, const ViewStyle& style) {
  const Sample& best = facts.samples.front();
  const auto heading = [&](const std::string& text) {
    return "\n" + (style.colour ? "\x1b[1m" + text + "\x1b[0m" : text) + "\n";
  };
  std::string text =
      fmt::format("{}: {}, {}, {} ({} {})\n", printable(facts.name), counted(facts.tokens(), "token"),
                  counted(facts.layout.chains.size(), "chain"), counted(facts.samples.size(), "sample"),
                  printable(facts.software), printable(facts.version));
  if (!facts.warning().empty()) text += coloured(facts.warning(), 208, style) + "\n";
  text += heading("Samples, best first") + sample_table(facts);
  text += heading(fmt::format("Chains of the best sample, seed {} sample {}", best.seed, best.number));
  text += chain_table(facts, *best.detail);
  text += heading(style.unicode ? "pLDDT along the chains"
                                : "pLDDT along the chains (9: 90 to 100, 8: 80 to 90, ...)");
  text += plddt_strips(facts, *best.detail, style);
  text +=
      heading("Predicted aligned error (PAE): the error at the column's tokens in the frame of the row's");
  text += pae_map(facts, *best.detail, style);
  text += heading("Geometry") + geometry(facts, *best.detail);
  return text;
}

}  // namespace pleat::report
