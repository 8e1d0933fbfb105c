// SQLite schema, version 7: replays that are signed with the previous secret.
#pragma once

#include <string>

namespace yizhan::store::migrations {

/// The statements that bring a store of version 6 to version 7.
std::string sqlite_0007_signing_secret();

}  // namespace yizhan::store::migrations
