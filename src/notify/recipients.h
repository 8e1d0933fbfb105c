// Who has to be told of a parcel: the user and the merchant of its order.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/express.h"

namespace yizhan::notify {

struct Recipients {
  std::string user_id;      ///< empty: the order has none
  std::string merchant_id;  ///< empty: the order has none
};

/// Why there are none. `code` is stable and begins `last_error`; the message says what to mend.
struct NoRecipients {
  enum class Kind {
    kSkip,    ///< nobody is to be told: an order without recipients, a parcel without an order
    kFail,    ///< permanent until somebody mends it: a key that is refused, a table that is not there
    kPutOff,  ///< passes: the service is away, over its limits
  };
  Kind kind = Kind::kSkip;
  std::string code;
  std::string message;

  /// What stands in `last_error`: code, colon, message.
  std::string text() const;
};

using Found = std::expected<Recipients, NoRecipients>;

/// What there is to say of a task before anybody is asked for its order: `waybill_unknown`, `order_missing` (the parcel
/// names none). Empty: its order can be looked for.
std::optional<NoRecipients> without_order(const store::NotifyTask& task);
/// The recipients of an order that was found, or `order_without_recipients`.
Found recipients_of(std::string_view order_id, Recipients recipients);

class RecipientFinder {
 public:
  virtual ~RecipientFinder() = default;
  /// Answers each task, in order; calls `done` once, on the same thread, perhaps before it returns. The tasks live
  /// until then.
  virtual void find(const std::vector<store::NotifyTask>& tasks, std::function<void(std::vector<Found>)> done) = 0;
};

/// From ml_orders beside the queue: what the claim brought along.
/// Codes: those of without_order() and recipients_of(), `order_not_found`.
class LocalRecipients final : public RecipientFinder {
 public:
  void find(const std::vector<store::NotifyTask>& tasks, std::function<void(std::vector<Found>)> done) override;
};

}  // namespace yizhan::notify
