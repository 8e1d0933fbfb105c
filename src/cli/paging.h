// Long lists, read page by page.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <string_view>

#include "base/error.h"
#include "cli/context.h"
#include "cli/readable.h"
#include "cli/table.h"
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

/// Ends a list whose rows for_each_row() read: for people the table, or `none` where it is empty, and a word that its
/// limit has cut it (`more`). For a program (--json) the rows stand there already.
inline ExitStatus print_list(const Context& context, const Table& table, bool more, bool oldest_first,
                             std::string_view none) {
  if (context.options.json) return ExitStatus::kOk;
  if (table.empty()) {
    context.out() << none << '\n';
    return ExitStatus::kOk;
  }
  context.out() << table.render(context.terminal);
  if (more) {
    context.out() << fmt::format("\nThe {} {}; more with --limit.\n", oldest_first ? "oldest" : "newest",
                                 readable_count(static_cast<std::int64_t>(table.row_count())));
  }
  return ExitStatus::kOk;
}

}  // namespace yizhan::cli
