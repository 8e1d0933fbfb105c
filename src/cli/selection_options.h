// The options by which events are chosen, the same for every command that lists or changes several.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "cli/command.h"
#include "store/store.h"

namespace yizhan::cli {

struct SelectionOptions {
  std::vector<std::string> ids;
  std::vector<std::string> statuses;
  std::string platform;
  std::string event_type;
  std::string error_class;
  std::string correlation;
  std::string since;
  std::string until;
};

/// `with_ids`: event ids as arguments. `with_status`: --status.
void add_selection_options(Command command, SelectionOptions& options, bool with_ids, bool with_status);

/// True when nothing narrows the choice.
bool selects_everything(const SelectionOptions& options);

/// Code `usage_invalid` with the option, the value and what is allowed.
Result<store::Selection> to_selection(const SelectionOptions& options, UtcTime now);

/// `platform crm, error class timeout, since 2026-02-06 08:00:00`: for a question or a report; empty when nothing
/// narrows the choice.
std::string describe(const store::Selection& selection);

}  // namespace yizhan::cli
