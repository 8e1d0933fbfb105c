#include "store/query.h"

#include <fmt/format.h>

namespace yizhan::store {

std::string Query::bind(SqlValue value) {
  parameters.push_back(std::move(value));
  return fmt::format("${}", parameters.size());
}

}  // namespace yizhan::store
