// The rows of the store as --json prints them: the API's field names.
#pragma once

#include <string>

#include "cli/json_output.h"
#include "domain/ledger.h"
#include "store/store.h"

namespace yizhan::cli {

/// The members of an event, into an object that is open; payload and attempts are not among them.
void add_event_members(JsonWriter& writer, const store::EventView& event);
void add_attempt(JsonWriter& writer, const store::AttemptView& attempt);
void add_dead_letter(JsonWriter& writer, const store::DeadLetterView& dead_letter);
void add_disabled_endpoint(JsonWriter& writer, const store::DisabledEndpoint& endpoint);
/// The counts of a line, into an object that is open.
void add_ledger_members(JsonWriter& writer, const LedgerLine& line);

/// One object, as one line with its '\n': `json_line(add_attempt, attempt)`.
template <class Row>
std::string json_line(void (*add)(JsonWriter&, const Row&), const Row& row) {
  JsonWriter writer;
  add(writer, row);
  return writer.take() + '\n';
}

}  // namespace yizhan::cli
