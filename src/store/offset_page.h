// Pages of tables whose rows have no number: Page::after is how many rows were passed over.
#pragma once

#include "store/store.h"

namespace yizhan::store {

/// After a statement that gave one row more than the page holds: it only says that another page follows.
template <class Row>
void end_page(Rows<Row>& listed, const Page& page) {
  if (listed.rows.size() <= static_cast<std::size_t>(page.limit)) return;
  listed.rows.resize(static_cast<std::size_t>(page.limit));
  listed.next = page.after + page.limit;
}

}  // namespace yizhan::store
