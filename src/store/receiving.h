// What goes on record of a callback, the same on both engines: its verdict, its search keys, how much of its body; and
// when the oldest of what had no effect has to go. Pure; the engines write what is decided here.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/store.h"

namespace yizhan::store {

/// What cannot be put on record: `value_refused`, naming the field. Concerns the call alone.
std::optional<Error> record_refusal(const ReceiveCall& call);

struct Ruling {
  Verdict verdict = Verdict::kAccepted;
  EffectResult effect = EffectResult::kNone;
  std::string_view reason;  ///< a view into the call, or of static storage
  int answer_status = 0;
};
Ruling rule_rejected(const ReceiveCall& call);
Ruling rule_duplicate(const ReceiveCall& call);
/// Of one that is new: whether its effect lets it be accepted.
Ruling rule_new(const ReceiveCall& call, EffectResult effect);

/// The name under which the idempotency key is searched for where none of the keys has the same value.
inline constexpr std::string_view kIdempotencyKeyName = "idempotency_key";
inline constexpr std::size_t kLongestKeyValue = 128;

/// A view of a key that goes on record.
struct SearchKey {
  std::string_view name;
  std::string_view value;
};
/// The call's keys without empty and repeated ones, long values cut (between characters), and the idempotency key.
std::vector<SearchKey> search_keys(const ReceiveCall& call);
std::string_view cut_key_value(std::string_view value);
/// A hash of a value, the same for all times: it is in the file of the embedded store. FNV-1a
/// (http://www.isthe.com/chongo/tech/comp/fnv/), stirred once more, because its order matters.
std::int64_t value_hash(std::string_view value);

/// The part of a body that is kept of a callback with this verdict. A duplicate's is asked for only where it differs.
std::string_view kept_body(const ReceiveCall& call, Verdict verdict);

/// The ids of the events that a callback caused, as its row holds them: separated by spaces.
std::string joined_ids(const Received& received);
std::vector<std::string> split_ids(std::string_view text);

/// When the rows of one verdict are looked through for what is beyond its quota: not at each one, which would count
/// them all each time, but after every sixteenth part of the quota, and at least every thousand. The quota is exceeded
/// by no more than that. Owned by a store's thread.
class QuotaPace {
 public:
  /// Rows that go in one look: more than can have been added since the look before.
  static constexpr std::int64_t kPortion = 4000;

  void added(std::int64_t rows) { added_ += rows; }
  bool due(std::int64_t quota) const;
  /// After a look that took away `gone` rows.
  void looked(std::int64_t gone) { added_ = gone < kPortion ? 0 : kAlways; }

 private:
  static constexpr std::int64_t kAlways = INT64_C(1) << 40;
  std::int64_t added_ = 0;
};

}  // namespace yizhan::store
