// `yizhan doctor schema`: what in the tables of an older system would not work here.
#pragma once

#include <CLI/CLI.hpp>
#include <vector>

#include "cli/context.h"
#include "store/push.h"

namespace yizhan::cli {

/// Adds it to `yizhan doctor`.
void add_doctor_schema(CLI::App& doctor, Context& context);

/// In the configured store, whatever the version of its schema.
Result<std::vector<store::SchemaFinding>> examine_schema(const Context& context);

}  // namespace yizhan::cli
