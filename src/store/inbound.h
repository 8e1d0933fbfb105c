// What was received: every callback with its verdict, the orders that payment notices pay, and what one accepted
// callback causes. A callback, its effect and the events it causes are one transaction (store.h: WriteBatch::receives).
//
// Tables: `inbound_callbacks`, `callback_keys`, `pay_orders`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "store/express.h"

namespace yizhan::store {

/// What became of a callback.
enum class Verdict {
  kAccepted,   ///< it had its effect
  kDuplicate,  ///< an accepted one of the same source has the same idempotency key: no effect
  kRejected,   ///< not what it claims to be, or not to be taken now: no effect, and its key stays free
};
/// `accepted`, `duplicate`, `rejected`.
std::string_view to_string(Verdict verdict);
std::optional<Verdict> parse_verdict(std::string_view text);

/// A name by which an operator looks a callback up: `transaction_id`, `out_trade_no`, `tracking_no`, `message_id`,
/// `delivery_id`, `refund_no`, `notify_id`.
struct CallbackKey {
  std::string name;   ///< 1–32 characters
  std::string value;  ///< 1–128 bytes; longer values are cut
};

/// A request as it came in, for the record.
struct InboundCallback {
  std::string source;           ///< its configured name, 1–64 characters
  std::string event_type;       ///< as the source calls it; empty where it could not be read
  std::string idempotency_key;  ///< unique within the source, at most 255 bytes; empty only for a rejected one
  UtcTime received_at{};
  std::string peer;     ///< address of the sender, as trusted proxies tell it
  std::string target;   ///< path and query as received; secrets in the query redacted
  std::string headers;  ///< `Name: value` lines in the order received, secrets redacted
  std::string body;     ///< raw bytes. Of a rejected one at most kKeptRejectedBody are kept
  std::int64_t body_size = 0;
  std::string reason;       ///< stable code: why it was rejected, or what was odd about it; else empty
  Microseconds duration{};  ///< from its last byte to the hand-over to the store
};
inline constexpr std::size_t kKeptRejectedBody = 16384;

/// An order is paid: its status goes from 0 to 1, once.
struct PaymentEffect {
  std::string out_trade_no;
  std::string transaction_id;  ///< the provider's number
  std::string provider;        ///< `wxpay`, `alipay`, `easypay`
  std::string merchant;        ///< mch_id, app_id or pid; compared with the order's where that names one
  std::int64_t total_fee = 0;  ///< in the currency's smallest unit (fen); compared with the order's
  std::string currency = "CNY";
  UtcTime paid_at{};
};

/// An order is refunded, in part (2) or wholly (3). One refund number counts once.
struct RefundEffect {
  std::string out_trade_no;
  std::string out_refund_no;
  std::string provider;
  std::string merchant;         ///< as above; may be empty
  std::int64_t refund_fee = 0;  ///< of this refund
  /// Alipay tells no more than this: refund_fee is that of all refunds of the order so far, this one included. What it
  /// adds to the order is what it exceeds the refunds known by; nothing where it does not, for a notice that came late.
  bool is_total = false;
};

using Effect = std::variant<std::monostate, PaymentEffect, RefundEffect, ExpressEffect>;

/// What became of the effect.
enum class EffectResult {
  kNone,             ///< the callback has none
  kApplied,          ///< now, by this callback
  kAlready,          ///< it had been applied before, by another notice of the same payment or refund
  kOrderUnknown,     ///< there is no such order
  kAmountDiffers,    ///< paid is not what was asked for, or more is refunded than was paid
  kMerchantDiffers,  ///< paid to somebody else
  kOrderConflicts,   ///< the order is closed, was paid by another transaction, or is not paid (refund)
  kWaybillUnknown,   ///< no parcel of the callback is known
};
/// `none`, `applied`, `already_applied`, `order_unknown`, `amount_differs`, `merchant_differs`, `order_conflicts`,
/// `waybill_unknown`.
std::string_view to_string(EffectResult result);
std::optional<EffectResult> parse_effect_result(std::string_view text);
/// The last five: nothing was applied, and somebody has to look at it.
bool is_unfit(EffectResult result);

/// How much is kept of what had no effect; the oldest beyond it goes when a new one comes.
struct InboundQuota {
  std::int64_t rejected = 10'000;     ///< rows; at most kKeptRejectedBody of body each
  std::int64_t duplicates = 100'000;  ///< rows; with a body only where it differs from the first one's
};

/// A callback as an operator sees it.
struct CallbackView {
  std::int64_t id = 0;
  InboundCallback callback;  ///< body only where the call says so; of an identical duplicate the first one's
  Verdict verdict = Verdict::kAccepted;
  EffectResult effect = EffectResult::kNone;
  int answer_status = 0;
  std::int64_t duplicate_count = 0;        ///< of an accepted one: how often it was repeated
  std::optional<std::int64_t> first_id{};  ///< of a duplicate
  std::vector<CallbackKey> keys;
  std::vector<std::string> event_ids;           ///< what it caused
  std::optional<std::int64_t> removed_bytes{};  ///< how long the stored body was that retention took away
};

/// Which callbacks; every condition given must hold.
struct CallbackSelection {
  std::string source{};
  std::string event_type{};
  std::optional<Verdict> verdict{};
  std::string reason{};
  /// A value under which it can be found: one of its keys, or its idempotency key. With `key_name`, only that key.
  std::string key_value{};
  std::string key_name{};
  std::optional<UtcTime> received_from{};   ///< inclusive
  std::optional<UtcTime> received_until{};  ///< exclusive
};

/// An order that a payment notice will pay. Status as in the seed: −1 closed, 0 unpaid, 1 paid, 2 refunded in part,
/// 3 refunded.
struct PayOrder {
  std::string out_trade_no;  ///< 1–64 characters
  int status = 0;
  std::int64_t total_fee = 0;  ///< in the currency's smallest unit
  std::string currency = "CNY";
  std::string merchant;  ///< mch_id, app_id or pid it has to be paid to; empty: any
  std::string description;
  std::string user_id;
  std::string provider;         ///< who it was paid through; empty while unpaid
  std::string transaction_id;   ///< empty while unpaid
  std::int64_t refund_fee = 0;  ///< refunded so far
  std::optional<UtcTime> paid_at;
  UtcTime created_at{};
  UtcTime updated_at{};
};

struct CreatedOrder {
  PayOrder order;        ///< as it stands in the store
  bool existed = false;  ///< the same order was there already; nothing was changed
};

}  // namespace yizhan::store
