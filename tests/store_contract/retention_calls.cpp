#include "retention_calls.h"

namespace yizhan::store::contract {

std::int64_t remove_all(Node& node, RetentionKind kind, UtcTime limit, const KeepLeaving& keep) {
  constexpr std::string_view kHolder = "me";
  if (!value_of(begin_pass(node.store(), kHolder, true, node.now, node.now))) return -1;
  std::int64_t removed = 0;
  RetentionBatch batch{.kind = kind, .limit = limit, .now = node.now, .after = 0, .rows = 2};
  for (;;) {
    const RetentionReply reply = value_of(remove_batch(node.store(), batch, kHolder, keep));
    removed += reply.removed;
    batch.after = reply.after;
    if (reply.ended) break;
  }
  value_of(end_pass(node.store(), kHolder, removed, node.now, 0, node.now));
  return removed;
}

}  // namespace yizhan::store::contract
