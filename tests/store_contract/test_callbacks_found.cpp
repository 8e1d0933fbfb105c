// Looking for what was received.
#include "inbound_calls.h"

namespace yizhan::store::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class CallbacksFound : public Contract {
 protected:
  std::vector<std::int64_t> found(const CallbackSelection& selection) { return ids_of(list(node_, selection)); }
  std::vector<std::int64_t> by_key(std::string value, std::string name = "") {
    CallbackSelection selection;
    selection.key_value = std::move(value);
    selection.key_name = std::move(name);
    return found(selection);
  }
};

TEST_P(CallbacksFound, ByEachOfTheirKeys) {
  ReceiveCall call = callback(node_, "notify-1");
  call.keys = {{"transaction_id", "4200001"}, {"out_trade_no", "order-1"}};
  const auto first = receive(node_, call).callback_id;
  call = callback(node_, "notify-2");
  call.keys = {{"transaction_id", "4200002"}, {"out_trade_no", "order-1"}, {"refund_no", "4200001"}};
  const auto second = receive(node_, call).callback_id;
  EXPECT_THAT(by_key("order-1"), ElementsAre(second, first));
  EXPECT_THAT(by_key("4200001"), ElementsAre(second, first));
  EXPECT_THAT(by_key("4200001", "transaction_id"), ElementsAre(first));
  EXPECT_THAT(by_key("4200001", "out_trade_no"), IsEmpty());
  EXPECT_THAT(by_key("notify-2"), ElementsAre(second)) << "its idempotency key";
  EXPECT_THAT(by_key("order"), IsEmpty());
}

TEST_P(CallbacksFound, DuplicatesWithTheirFirst) {
  const auto first = receive(node_, callback(node_, "k")).callback_id;
  const auto same = receive(node_, callback(node_, "k")).callback_id;
  const auto other = receive(node_, callback(node_, "k", "other")).callback_id;
  EXPECT_THAT(by_key("k"), ElementsAre(other, same, first));
  EXPECT_THAT(by_key("k", "delivery_id"), ElementsAre(other, same, first));
  CallbackSelection selection;
  selection.key_value = "k";
  selection.verdict = Verdict::kAccepted;
  EXPECT_THAT(found(selection), ElementsAre(first));
}

TEST_P(CallbacksFound, ByALongValue) {
  const std::string common(127, 'v');
  ReceiveCall call = callback(node_, std::string(200, 'k'));
  call.keys = {{"tracking_no", common + "\xe9\xa9\xbf"}};  // the character would be cut in two
  const auto id = receive(node_, call).callback_id;
  EXPECT_THAT(by_key(common + "\xe9\xa9\xbf"), ElementsAre(id));
  EXPECT_THAT(by_key(std::string(200, 'k')), ElementsAre(id));
  EXPECT_EQ(callback_view(node_, id).keys.at(0).value, common);
  EXPECT_EQ(callback_view(node_, id).callback.idempotency_key, std::string(200, 'k'));
}

TEST_P(CallbacksFound, ByEveryCondition) {
  const auto a = receive(node_, callback(node_, "a")).callback_id;
  node_.now += Seconds{61};
  ReceiveCall call = callback(node_, "b");
  call.callback.source = "carrier";
  call.callback.event_type = "express.status";
  const auto b = receive(node_, call).callback_id;
  node_.now += Seconds{61};
  call = callback(node_, "c");
  call.rejected = true;
  call.callback.reason = "signature_invalid";
  const auto c = receive(node_, call).callback_id;
  const auto d = receive(node_, callback(node_, "a")).callback_id;

  EXPECT_THAT(found({}), ElementsAre(d, c, b, a));
  EXPECT_THAT(found({.source = "carrier"}), ElementsAre(b));
  EXPECT_THAT(found({.event_type = "order.paid"}), ElementsAre(d, c, a));
  EXPECT_THAT(found({.source = "shop", .event_type = "express.status"}), IsEmpty());
  EXPECT_THAT(found({.verdict = Verdict::kRejected}), ElementsAre(c));
  EXPECT_THAT(found({.verdict = Verdict::kDuplicate}), ElementsAre(d));
  EXPECT_THAT(found({.verdict = Verdict::kAccepted}), ElementsAre(b, a));
  EXPECT_THAT(found({.reason = "signature_invalid"}), ElementsAre(c));
  EXPECT_THAT(found({.received_from = node_.now - Seconds{61}}), ElementsAre(d, c, b));
  EXPECT_THAT(found({.received_until = node_.now}), ElementsAre(b, a));
  EXPECT_THAT(found({.received_from = node_.now - Seconds{61}, .received_until = node_.now}), ElementsAre(b));
  EXPECT_THAT(found({.received_until = node_.now - Seconds{122}}), IsEmpty());
  EXPECT_THAT(found({.source = "x' OR '1'='1"}), IsEmpty());
}

TEST_P(CallbacksFound, PageByPage) {
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 7; ++i) ids.push_back(receive(node_, callback(node_, std::to_string(i))).callback_id);
  for (const bool oldest_first : {false, true}) {
    Page page{.limit = 3, .after = 0, .oldest_first = oldest_first};
    std::vector<std::int64_t> seen;
    std::vector<std::size_t> sizes;
    do {
      const auto rows = value_of(node_.store().list_callbacks({}, page));
      sizes.push_back(rows.rows.size());
      for (const CallbackView& view : rows.rows) {
        seen.push_back(view.id);
        EXPECT_EQ(view.callback.body, "");
        EXPECT_THAT(view.keys, SizeIs(1));
      }
      page.after = rows.next;
    } while (page.after != 0);
    if (!oldest_first) std::ranges::reverse(seen);
    EXPECT_EQ(seen, ids);
    EXPECT_THAT(sizes, ElementsAre(3, 3, 1));
  }
}

TEST_P(CallbacksFound, ByAReader) {
  const auto id = receive(node_, callback(node_, "k")).callback_id;
  create_order(node_, "o1");
  auto reader = value_of(node_.factory().open_reader());
  EXPECT_TRUE(value_of(reader->find_callback(id, true)).has_value());
  EXPECT_THAT(value_of(reader->list_callbacks({.key_value = "k"}, {})).rows, SizeIs(1));
  EXPECT_TRUE(value_of(reader->find_pay_order("o1")).has_value());
}

YIZHAN_ON_EVERY_ENGINE(CallbacksFound);

}  // namespace
}  // namespace yizhan::store::contract
