// mmCIF text: categories in, laid out and quoted as the reference does. docs/specs/outputs.md, section 3.3.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace pleat::chem {

// A category and its rows. Values are plain text; quoting is the writer's.
class CifCategory {
 public:
  // `name` with its underscore (_atom_site); keys in the order in which rows give their values.
  CifCategory(std::string name, std::initializer_list<std::string_view> keys);

  struct Column {
    std::string key;
    std::vector<std::string> values;
  };
  // The same from whole columns, one or more, all of one length.
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

// A value as it stands in a file: bare where it has only letters, digits, '.', '?' and '-', or nothing that
// would be read otherwise; in double quotes where it is empty, starts with a reserved word or character or
// holds white space or a single quote; in single quotes where it holds a double quote. Values with a line
// break or with both quotes can't be told this way: needs_text_field.
std::string cif_value(std::string_view value);
bool needs_text_field(std::string_view value);

}  // namespace pleat::chem
