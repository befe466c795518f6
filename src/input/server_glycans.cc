#include "input/server_glycans.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace pleat::input {
namespace {

bool is_one_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

bool is_fucose(std::string_view code) { return is_one_of(code, {"FUC", "FUL"}); }

Error malformed(const std::string& text) {
  return Error("", "the glycan '" + text + "' can't be read",
               "Write residues as codes of components, and what is on a residue in brackets behind it, as in "
               "NAG(NAG)(FUC).");
}

// Reads CODE(BRANCH)(BRANCH).
class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  Glycan parse() {
    residue(-1);
    if (at_ != text_.size()) throw malformed(text_);
    return std::move(glycan_);
  }

 private:
  void residue(int parent) {
    const size_t start = at_;
    while (at_ < text_.size() && (is_upper(text_[at_]) || is_digit(text_[at_]))) ++at_;
    if (at_ == start || glycan_.residues.size() == kMostResidues) throw malformed(text_);
    const int index = static_cast<int>(glycan_.residues.size());
    glycan_.residues.push_back({text_.substr(start, at_ - start), parent, "", ""});
    while (at_ < text_.size() && text_[at_] == '(') {
      ++at_;
      residue(index);
      if (at_ == text_.size() || text_[at_++] != ')') throw malformed(text_);
    }
  }

  static constexpr size_t kMostResidues = 100;  // also of brackets within each other

  const std::string& text_;
  size_t at_ = 0;
  Glycan glycan_;
};

// The oxygens of a residue in the order in which they take other residues than fucose.
std::vector<std::string> acceptors(std::string_view code, size_t children) {
  if (is_one_of(code, {"MAN", "BMA"})) {
    if (children == 1) return {code == "MAN" ? "O2" : "O3"};
    return {"O3", "O6", "O4", "O2"};
  }
  if (is_one_of(code, {"GAL", "GLA"})) return {"O3", "O6", "O4", "O2"};
  return {"O4", "O3", "O6", "O2"};
}

std::string fucose_acceptor(const Glycan::Residue& parent) {
  if (parent.parent < 0) return "O6";
  return is_one_of(parent.code, {"NAG", "NDG"}) ? "O3" : "O2";
}

void choose_atoms(Glycan& glycan, int parent, const std::string& text) {
  std::vector<Glycan::Residue*> fucoses, others;
  for (Glycan::Residue& residue : glycan.residues)
    if (residue.parent == parent) (is_fucose(residue.code) ? fucoses : others).push_back(&residue);
  const Glycan::Residue& on = glycan.residues[static_cast<size_t>(parent)];
  std::vector<std::string> taken;
  const auto place = [&](Glycan::Residue& residue, std::vector<std::string> atoms) {
    for (const char* further : {"O4", "O3", "O6", "O2"}) atoms.emplace_back(further);
    const auto free = std::find_if(atoms.begin(), atoms.end(), [&](const std::string& atom) {
      return std::find(taken.begin(), taken.end(), atom) == taken.end();
    });
    if (free == atoms.end()) throw malformed(text);
    taken.push_back(residue.parent_atom = *free);
  };
  for (Glycan::Residue* residue : fucoses) place(*residue, {fucose_acceptor(on)});
  for (Glycan::Residue* residue : others) place(*residue, acceptors(on.code, others.size()));
}

}  // namespace

Glycan parse_glycan(const std::string& text) {
  Glycan glycan = Parser(text).parse();
  for (Glycan::Residue& residue : glycan.residues)
    residue.own_atom = is_one_of(residue.code, {"SIA", "SLB", "NGC", "NGE", "KDN", "KDM"}) ? "C2" : "C1";
  for (size_t i = 0; i < glycan.residues.size(); ++i) choose_atoms(glycan, static_cast<int>(i), text);
  return glycan;
}

std::string glycosylated_atom(char amino_acid) {
  switch (amino_acid) {
    case 'N':
      return "ND2";
    case 'S':
      return "OG";
    case 'T':
      return "OG1";
    default:
      return "";
  }
}

}  // namespace pleat::input
