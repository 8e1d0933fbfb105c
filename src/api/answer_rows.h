// A page of a list, as an answer.
#pragma once

#include <string>
#include <string_view>

#include "api/api_state.h"
#include "api/problem.h"
#include "base/json_writer.h"
#include "store/store.h"

namespace yizhan::api {

template <class Row>
using WriteRow = void (*)(JsonWriter&, const Row&);

/// `{"<name>":[…],"next":"…"|null}`, or the error.
template <class Row>
http::ServerResponse answer_rows(const Result<store::Rows<Row>>& rows, std::string_view name, std::string_view path,
                                 WriteRow<Row> write) {
  if (!rows) return answer_error(rows.error(), path);
  JsonWriter writer;
  writer.begin_object().key(name).begin_array();
  for (const Row& row : rows->rows) write(writer, row);
  writer.end_array();
  writer.text_or_null("next", rows->next == 0 ? "" : std::to_string(rows->next)).end_object();
  return json_answer(writer.take());
}

}  // namespace yizhan::api
