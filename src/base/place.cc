#include "base/place.h"

namespace pleat {

Place Place::json(std::string file) {
  Place root(std::move(file));
  root.path_ = "$";
  return root;
}

Place Place::key(std::string_view key) const {
  Place value = *this;
  if (!path_.empty()) value.path_.append(".").append(key);
  return value;
}

Place Place::item(size_t index) const {
  Place value = *this;
  if (!path_.empty()) value.path_ += "[" + std::to_string(index) + "]";
  return value;
}

std::string Place::around(const std::string& inner) const {
  if (inner.empty()) return text();
  const bool is_path = !path_.empty() && inner.starts_with("$.");
  return is_path ? text() + inner.substr(1) : text() + ": " + inner;
}

bool Place::holds(std::string_view where) const {
  const std::string own = text();
  if (!where.starts_with(own)) return false;
  const std::string_view rest = where.substr(own.size());
  return rest.empty() || rest[0] == '.' || rest[0] == '[' || rest[0] == ':';
}

}  // namespace pleat
