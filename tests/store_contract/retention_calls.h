// Retention as a pass does it, batch after batch.
#pragma once

#include "contract_test.h"
#include "store/retention.h"

namespace yizhan::store::contract {

/// Everything of a kind that ended before `limit`; how many rows went.
std::int64_t remove_all(Node& node, RetentionKind kind, UtcTime limit, const KeepLeaving& keep = {});

}  // namespace yizhan::store::contract
