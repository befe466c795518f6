// Encodes and decodes the compact dictionary.
#include "chem/compact_ccd.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <cstring>

#include "base/error.h"
#include "base/text.h"

namespace pleat::chem {
namespace {

static_assert(std::endian::native == std::endian::little, "the file's bytes are read without conversion");

constexpr std::string_view kMagic = "pleatCCD";
constexpr uint32_t kVersion = 1;
constexpr size_t kHeaderSize = 24;

template <class T>
void put(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_count(std::string& out, size_t count) {
  for (; count >= 0x80; count >>= 7) out += static_cast<char>(count | 0x80);
  out += static_cast<char>(count);
}

void put_text(std::string& out, std::string_view text) {
  put_count(out, text.size());
  out += text;
}

// Reads a record front to back. Throws Error (with an empty place) instead of reading past the end.
class RecordReader {
 public:
  explicit RecordReader(std::string_view bytes) : bytes_(bytes) {}

  template <class T>
  T value() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

  size_t count() {
    size_t count = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      const auto byte = value<uint8_t>();
      count |= size_t(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    // Each counted entry takes at least a byte.
    if (count > bytes_.size()) damaged();
    return count;
  }

  std::string_view text() { return take(count()); }

 private:
  [[noreturn]] static void damaged() {
    throw Error("", "the dictionary is damaged", "Build it again with pleat ccd build.");
  }

  std::string_view take(size_t size) {
    if (size > bytes_.size()) damaged();
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  std::string_view bytes_;
};

ComponentAtom read_atom(RecordReader& in) {
  ComponentAtom atom;
  atom.name = in.text();
  atom.element = in.text();
  atom.charge = in.text();
  const auto known = in.value<uint8_t>();
  if (known & 1) atom.ideal = in.value<std::array<float, 3>>();
  if (known & 2) atom.model = in.value<std::array<float, 3>>();
  return atom;
}

ComponentBond read_bond(RecordReader& in) {
  ComponentBond bond;
  for (std::string* text : {&bond.atom_1, &bond.atom_2, &bond.order, &bond.aromatic}) *text = in.text();
  return bond;
}

Component decode_component(std::string_view record) {
  RecordReader in(record);
  Component c;
  for (std::string* text : {&c.id, &c.name, &c.type, &c.formula, &c.formula_weight, &c.synonyms, &c.parent,
                            &c.modified_date, &c.smiles}) {
    *text = in.text();
  }
  // Grows entry by entry: a damaged count then ends at the record's end, not in a huge allocation.
  for (size_t left = in.count(); left > 0; --left) c.atoms.push_back(read_atom(in));
  for (size_t left = in.count(); left > 0; --left) c.bonds.push_back(read_bond(in));
  return c;
}

bool is_word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Whether `word` occurs in `text` with no letter, digit or underscore on either side.
bool has_word(const std::string& text, const std::string& word) {
  for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    const bool starts = at == 0 || !is_word_character(text[at - 1]);
    if (starts && (end == text.size() || !is_word_character(text[end]))) return true;
  }
  return false;
}

}  // namespace

std::string encode_component(const Component& c) {
  std::string out;
  for (const std::string* text : {&c.id, &c.name, &c.type, &c.formula, &c.formula_weight, &c.synonyms,
                                  &c.parent, &c.modified_date, &c.smiles}) {
    put_text(out, *text);
  }
  put_count(out, c.atoms.size());
  for (const ComponentAtom& atom : c.atoms) {
    for (const std::string* text : {&atom.name, &atom.element, &atom.charge}) put_text(out, *text);
    put(out, uint8_t((atom.ideal ? 1 : 0) | (atom.model ? 2 : 0)));
    if (atom.ideal) put(out, *atom.ideal);
    if (atom.model) put(out, *atom.model);
  }
  put_count(out, c.bonds.size());
  for (const ComponentBond& bond : c.bonds) {
    for (const std::string* text : {&bond.atom_1, &bond.atom_2, &bond.order, &bond.aromatic})
      put_text(out, *text);
  }
  return out;
}

std::string encode_compact_ccd(const std::map<std::string, std::string>& records) {
  uint64_t offset = kHeaderSize + 8 * records.size();
  std::string index, body;
  for (const auto& [code, record] : records) {
    put(index, offset);
    body += record;
    offset += record.size();
  }
  std::string out(kMagic);
  put(out, kVersion);
  put(out, static_cast<uint32_t>(records.size()));
  put(out, offset);
  return out + index + body;
}

CompactCcd::CompactCcd(const fs::path& file) : file_(file), bytes_(file_->bytes()), where_(file.string()) {
  check_header();
}

CompactCcd::CompactCcd(std::string_view bytes, std::string where) : bytes_(bytes), where_(std::move(where)) {
  check_header();
}

void CompactCcd::check_header() {
  const std::string fix = "Build the dictionary again with pleat ccd build.";
  if (!bytes_.starts_with(kMagic)) throw Error(where_, "the file is not a compact component dictionary", fix);
  if (bytes_.size() < kHeaderSize) throw Error(where_, "the dictionary is truncated", fix);
  RecordReader in(bytes_.substr(kMagic.size()));
  const auto version = in.value<uint32_t>();
  if (version != kVersion) {
    throw Error(where_,
                "the dictionary has format version " + std::to_string(version) + " instead of " +
                    std::to_string(kVersion),
                fix);
  }
  count_ = in.value<uint32_t>();
  if (in.value<uint64_t>() != bytes_.size() || count_ > (bytes_.size() - kHeaderSize) / 8) {
    throw Error(where_, "the dictionary is truncated", fix);
  }
}

// The bytes from the i-th record to the end of the file: decoding finds the record's end.
std::string_view CompactCcd::record(size_t i) const {
  uint64_t offset = 0;
  std::memcpy(&offset, bytes_.data() + kHeaderSize + 8 * i, sizeof offset);
  return bytes_.substr(std::min<uint64_t>(offset, bytes_.size()));
}

std::string_view CompactCcd::code(size_t i) const { return RecordReader(record(i)).text(); }

const Component* CompactCcd::find(std::string_view wanted) const {
  const std::lock_guard lock(mutex_);
  if (const auto found = decoded_.find(wanted); found != decoded_.end()) return found->second.get();
  try {
    size_t low = 0, high = count_;
    while (low < high) {
      const size_t middle = (low + high) / 2;
      if (code(middle) < wanted) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == count_ || code(low) != wanted) return nullptr;
    auto component = std::make_unique<const Component>(decode_component(record(low)));
    return decoded_.emplace(wanted, std::move(component)).first->second.get();
  } catch (const Error& error) {
    throw error.within(where_);
  }
}

bool CompactCcd::is_glycan(std::string_view code) const {
  const Component* component = find(code);
  if (!component || code == "UNX") return false;
  return has_word(lower_case(component->type), "saccharide");
}

std::vector<std::string> CompactCcd::codes() const {
  std::vector<std::string> codes(count_);
  try {
    for (size_t i = 0; i < count_; ++i) codes[i] = code(i);
  } catch (const Error& error) {
    throw error.within(where_);
  }
  return codes;
}

}  // namespace pleat::chem
