// The dictionaries of a job: the embedded one or an opened one, and a user's components over it.
#include "chem/ccd.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/error.h"
#include "chem/compact_ccd.h"
#include "chem/component_cif.h"

extern "C" const char pleat_ccd_subset[], pleat_ccd_subset_end[];
extern "C" const char pleat_ccd_one_letter[], pleat_ccd_one_letter_end[];

namespace pleat::chem {
namespace {

class OverlaidCcd final : public Ccd {
 public:
  OverlaidCcd(std::shared_ptr<const Ccd> base, std::vector<Component> components) : base_(std::move(base)) {
    for (Component& component : components) {
      const std::string id = component.id;
      own_.insert_or_assign(id, std::move(component));
    }
  }

  const Component* find(std::string_view code) const override {
    const auto own = own_.find(code);
    return own != own_.end() ? &own->second : base_->find(code);
  }

  bool is_glycan(std::string_view code) const override { return base_->is_glycan(code); }

  std::vector<std::string> codes() const override {
    std::vector<std::string> codes = base_->codes();
    const size_t base_size = codes.size();
    for (const auto& [code, component] : own_) {
      if (!base_->find(code)) codes.push_back(code);
    }
    std::inplace_merge(codes.begin(), codes.begin() + static_cast<std::ptrdiff_t>(base_size), codes.end());
    return codes;
  }

 private:
  std::shared_ptr<const Ccd> base_;
  std::map<std::string, Component, std::less<>> own_;
};

// The table of lines "code, tab, letter" under a heading line.
std::unordered_map<std::string_view, char> read_one_letter_table() {
  std::string_view text(pleat_ccd_one_letter, pleat_ccd_one_letter_end - pleat_ccd_one_letter);
  text.remove_prefix(text.find('\n') + 1);
  std::unordered_map<std::string_view, char> table;
  while (!text.empty()) {
    const size_t tab = text.find('\t');
    table.emplace(text.substr(0, tab), text[tab + 1]);
    text.remove_prefix(text.find('\n') + 1);
  }
  return table;
}

}  // namespace

std::shared_ptr<const Ccd> Ccd::embedded() {
  static const auto ccd = std::make_shared<const CompactCcd>(
      std::string_view(pleat_ccd_subset, pleat_ccd_subset_end - pleat_ccd_subset), "embedded dictionary");
  return ccd;
}

std::shared_ptr<const Ccd> Ccd::open(const fs::path& file) {
  return std::make_shared<const CompactCcd>(file);
}

std::shared_ptr<const Ccd> Ccd::with_components(std::shared_ptr<const Ccd> base,
                                                std::vector<Component> components) {
  return std::make_shared<const OverlaidCcd>(std::move(base), std::move(components));
}

std::shared_ptr<const Ccd> Ccd::with_user_ccd(std::shared_ptr<const Ccd> base, std::string_view user_ccd) {
  UserComponents own = read_user_components(user_ccd);
  if (!own.found.problems.empty()) throw own.found.problems.front();
  return with_components(std::move(base), std::move(own.components));
}

void Ccd::build(const fs::path& components_cif, const fs::path& output) {
  const std::string text = read_text_file(components_cif);
  std::map<std::string, std::string> records;
  for_each_component(text, components_cif.string(), [&](const Component& component) {
    records.insert_or_assign(component.id, encode_component(component));
  });
  write_file(output, encode_compact_ccd(records));
}

char one_letter(std::string_view ccd_code, char otherwise) {
  static const auto table = read_one_letter_table();
  const auto found = table.find(ccd_code);
  return found == table.end() ? otherwise : found->second;
}

}  // namespace pleat::chem
