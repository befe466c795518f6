#include "input/read_input.h"

#include "base/error.h"
#include "input/alphafold3_dialect.h"
#include "input/json_node.h"
#include "input/server_dialect.h"

namespace pleat {

std::vector<FoldInput> read_input(const fs::path& json_file) {
  const nlohmann::json document = parse_json(read_file(json_file), json_file.string());
  const JsonNode root(document, json_file.string() + ": $");
  if (document.is_array()) return read_server_jobs(root);
  return {read_alphafold3_job(root, json_file.parent_path())};
}

}  // namespace pleat
