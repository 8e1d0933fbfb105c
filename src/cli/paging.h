// Long lists, read page by page.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/error.h"
#include "cli/readable.h"
#include "store/store.h"

namespace yizhan::cli {

inline constexpr int kPageRows = 500;

/// Calls `use` for each row until there are no more or `limit` were used; answers whether there are more.
/// `fetch(page)` is one of the store's lists.
template <class Fetch, class Use>
Result<bool> for_each_row(int limit, bool oldest_first, Fetch fetch, Use use) {
  store::Page page{.limit = 0, .after = 0, .oldest_first = oldest_first};
  while (limit > 0) {
    page.limit = std::min(limit, kPageRows);
    const auto rows = fetch(page);
    if (!rows) return std::unexpected(rows.error());
    for (const auto& row : rows->rows) use(row);
    if (rows->next == 0) return false;
    limit -= static_cast<int>(rows->rows.size());
    page.after = rows->next;
  }
  return true;
}

/// What stands under a list that its limit has cut.
inline std::string more_rows_text(bool oldest_first, std::size_t shown) {
  return fmt::format("\nThe {} {}; more with --limit.\n", oldest_first ? "oldest" : "newest",
                     readable_count(static_cast<std::int64_t>(shown)));
}

}  // namespace yizhan::cli
