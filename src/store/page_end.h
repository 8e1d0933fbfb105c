// How a page ends: the statement gave one row more than the page holds, which only says that another page follows.
#pragma once

#include "store/store.h"

namespace yizhan::store {

/// Takes off the row too many; whether there was one.
template <class Row>
bool cut_to_page(Rows<Row>& listed, const Page& page) {
  if (listed.rows.size() <= static_cast<std::size_t>(page.limit)) return false;
  listed.rows.resize(static_cast<std::size_t>(page.limit));
  return true;
}

/// Rows in the order of their ids: the next page follows the last id.
template <class Row>
void end_page_at_id(Rows<Row>& listed, const Page& page) {
  if (cut_to_page(listed, page)) listed.next = listed.rows.back().id;
}

/// Rows without a number: Page::after is how many were passed over.
template <class Row>
void end_page_at_offset(Rows<Row>& listed, const Page& page) {
  if (cut_to_page(listed, page)) listed.next = page.after + page.limit;
}

}  // namespace yizhan::store
