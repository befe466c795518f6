// The Chemical Component Dictionary: a compact file, mapped instead of parsed, with a user's components over
// it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "chem/component.h"

namespace pleat::chem {

// A user's components, read from CIF text.
struct UserComponents {
  std::vector<Component> components;  // those without problems
  std::vector<std::string> refused;   // ids of those with problems
  bool unreadable = false;            // the text cannot be divided into components
  Findings found;                     // placed at "data_ID"

  // Whether `code` is, or may be, a component left out of `components` for its problems.
  bool refuses(const std::string& code) const;
};

// Each component needs the columns of docs/specs/outputs.md, section 5.1; atom names that differ and are not
// too long; charges that are integers or '?'; coordinates that are numbers or '?'; bonds between its own
// atoms.
UserComponents read_user_components(std::string_view cif_text);

class Ccd {
 public:
  // The subset embedded in the program.
  static std::shared_ptr<const Ccd> embedded();
  // A file written by build(). Maps the file and reads only its header. Throws Error: another kind of file,
  // or a truncated one.
  static std::shared_ptr<const Ccd> open(const fs::path& file);
  // `base` with other components over it (the same id replaces). Glycan status stays the base's.
  static std::shared_ptr<const Ccd> with_components(std::shared_ptr<const Ccd> base,
                                                    std::vector<Component> components);
  // The same with the components of CIF text. Throws Error when one of them has a problem.
  static std::shared_ptr<const Ccd> with_user_ccd(std::shared_ptr<const Ccd> base, std::string_view user_ccd);

  // Reads components.cif (plain, gzip, xz or zstd) and writes the compact file, whole or not at all.
  static void build(const fs::path& components_cif, const fs::path& output);

  virtual ~Ccd() = default;
  // The component, decoded on first use and kept; nullptr when the dictionary lacks it. Thread-safe. The
  // pointer lives as long as this Ccd. Throws Error when the file is damaged.
  virtual const Component* find(std::string_view code) const = 0;
  // Whether the component is a glycan: its lower-case type contains the word "saccharide", it is not UNX, and
  // it comes from the dictionary, not from a user.
  virtual bool is_glycan(std::string_view code) const = 0;
  virtual std::vector<std::string> codes() const = 0;  // sorted
};

// The components of CIF text in the form of components.cif, one data block each; a component's id is the name
// of its block. Throws Error placed at `where` and the block: not CIF, a coordinate that is not a number.
std::vector<Component> parse_components(std::string_view cif_text, const std::string& where);

// CCD code to one-letter code, the ~1100-entry table of the reference (data/ccd_one_letter.tsv); `otherwise`
// when absent.
char one_letter(std::string_view ccd_code, char otherwise);

}  // namespace pleat::chem
