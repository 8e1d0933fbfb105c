// SQLite schema, version 3: waybills, notifications and devices (src/store/express.h, src/store/push.h).
#pragma once

#include <string>

namespace yizhan::store::migrations {

std::string sqlite_0003_express_push();

}  // namespace yizhan::store::migrations
