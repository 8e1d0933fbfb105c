// A store as an earlier version of the program left it.
#pragma once

#include <string>
#include <string_view>

#include "engine.h"

namespace yizhan::store::contract {

/// Makes the schema of version 1 to 7 in an empty place.
void make_old_store(Engine engine, const std::string& url, int version);

/// Statements as that program, or its operator, ran them. Throws what fails.
void run_in_old_store(Engine engine, const std::string& url, std::string_view text);

}  // namespace yizhan::store::contract
