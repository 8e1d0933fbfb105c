// A TOML file as a plain tree, three levels deep: no setting lies deeper. The only place that knows the TOML library.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/value.h"

namespace yizhan::config {

struct TomlNode {
  std::string key;
  bool is_table = false;
  bool is_list_of_tables = false;  ///< [[key]]
  /// What a setting may take; of a table only where all its entries are texts. Nothing for dates, tables in lists and
  /// lists of mixed types.
  std::optional<Value> value;
  /// Of a table, in the order of the file; of a list of tables its tables, with their number, from 1, as key.
  std::vector<TomlNode> children;
  unsigned line = 0;
  unsigned column = 0;
};

/// The root table's children. Code `config_file_invalid`; the message begins with `name:line`.
Result<std::vector<TomlNode>> parse_toml_document(std::string_view text, const std::string& name);

}  // namespace yizhan::config
