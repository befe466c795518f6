// Writes mmCIF text with the reference's layout and quoting. docs/specs/outputs.md, section 3.3.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace pleat::chem {

// A category and its rows. Values are plain text; the writer adds the quotes.
class CifCategory {
 public:
  // `name` includes the underscore (_atom_site); rows give their values in the order of the keys.
  CifCategory(std::string name, std::initializer_list<std::string_view> keys);

  struct Column {
    std::string key;
    std::vector<std::string> values;
  };
  // The same from whole columns: one or more, of equal length.
  CifCategory(std::string name, std::vector<Column> columns);

  // One value per key.
  void add(std::initializer_list<std::string_view> values);

  const std::string& name() const { return name_; }
  size_t rows() const { return columns_.front().values.size(); }

  const std::vector<Column>& columns() const { return columns_; }

 private:
  std::string name_;
  std::vector<Column> columns_;
};

// Categories in the order of their names' bytes, but _entry first and _atom_site last; those without rows are left out.
// The pointers are into `categories`.
std::vector<const CifCategory*> in_file_order(const std::vector<CifCategory>& categories);

// The text of one data block. Categories come in file order; keys in the order of their bytes, but those of _atom_site as given. A category of one row
// is written as keys and values (_atom_site always as a loop), one without rows not at all.
std::string cif_text(const std::string& block, const std::vector<CifCategory>& categories);

// A value as written in a file. In double quotes where it is empty, starts with a reserved word or character,
// or holds white space or a single quote; in single quotes where it holds a double quote; otherwise bare. A
// value with a line break or with both quotes needs a text field instead: needs_text_field.
std::string cif_value(std::string_view value);
bool needs_text_field(std::string_view value);

}  // namespace pleat::chem
