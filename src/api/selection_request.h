// Which events a request means: as the parameters of a query, or as an object of the body.
//
//   ?id=…&status=dead_letter,retrying&platform=…&event_type=…&error_class=…&correlation=…&created_from=…&created_until=…
//   {"ids": […], "statuses": […], "platform": …, "event_type": …, "error_class": …, "correlation": …,
//    "created_from": …, "created_until": …}
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json_scan.h"
#include "store/replay_jobs.h"
#include "store/store.h"

namespace yizhan::api {

/// A query's parameters, each of which must be asked for: a misspelt one is refused.
class QueryParameters {
 public:
  /// Codes `percent_encoding_invalid`, `parameter_invalid` (one that is not among `known`, or there twice).
  static Result<QueryParameters> read(std::string_view query, std::span<const std::string_view> known);

  /// Empty when absent.
  std::string_view operator[](std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

/// The parameters' names that read_selection() and read_page() know.
inline constexpr std::array<std::string_view, 11> kListParameters{
    "id",           "status",        "platform", "event_type", "error_class", "correlation",
    "created_from", "created_until", "limit",    "after",      "order"};
/// Code `parameter_invalid`.
Result<store::Selection> read_selection(const QueryParameters& parameters);
/// `limit` (1–1,000, otherwise 100), `after` (the `next` of the page before), `order` (`newest`, `oldest`).
Result<store::Page> read_page(const QueryParameters& parameters);
/// An integer from `least` to `most`, or `otherwise` when the parameter is absent. Code `parameter_invalid`.
Result<std::int64_t> read_number(const QueryParameters& parameters, std::string_view name, std::int64_t least,
                                 std::int64_t most, std::int64_t otherwise);
/// Code `parameter_invalid`.
Result<std::optional<UtcTime>> read_time(const QueryParameters& parameters, std::string_view name);

/// What POST /api/v1/replays asks for.
struct ReplayAsked {
  store::ReplayRequest request;
  bool preview = false;  ///< only count
};
/// `selection`, `rate` (events a second), `reason`, `target` (a new callback_target), `secret`, `preview`. Without ids
/// and statuses the selection means dead letters. Codes as in read_change_request().
Result<ReplayAsked> read_replay_request(std::string_view body);

/// What POST /api/v1/replay and /api/v1/events/discard ask for.
struct ChangeRequest {
  store::Selection selection;
  bool preview = false;                            ///< only count
  std::string reason;                              ///< of a discard
  SigningSecret secret = SigningSecret::kCurrent;  ///< of a replay: which signs
};
/// Codes `json_invalid`, `field_missing`, `field_unknown`, `field_invalid`, `selection_empty`. Without ids and statuses
/// a replay means dead letters. `with_reason`: the reason is needed.
Result<ChangeRequest> read_change_request(std::string_view body, bool with_reason);

/// What POST /api/v1/events/{id}/replay asks for: `secret`, or nothing at all. Codes as above.
Result<SigningSecret> read_replay_secret(std::string_view body);

}  // namespace yizhan::api
