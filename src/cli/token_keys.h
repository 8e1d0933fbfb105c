// `yizhan keys generate` and `yizhan keys verify`: the anon and service_role keys that phones and PostgREST know.
#pragma once

#include "cli/command.h"
#include "cli/context.h"

namespace yizhan::cli {

/// Adds them to `yizhan keys`.
void add_token_commands(Command keys, Context& context);

}  // namespace yizhan::cli
