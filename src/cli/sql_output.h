// What statements gave, for people and programs.
#pragma once

#include <string>

#include "cli/terminal.h"
#include "store/store.h"

namespace yizhan::cli {

/// A table and its number of rows, or how many rows were changed.
std::string sql_result_text(const store::SqlResult& result, const Terminal& terminal);
/// `{"columns":[…],"rows":[[…]],"changed_rows":0}`: values are strings as the store writes them, or null.
std::string sql_result_json(const store::SqlResult& result);

}  // namespace yizhan::cli
