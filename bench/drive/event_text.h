// The bytes of the benchmark's events: what is posted, and what the sink must see of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drive/signature.h"

namespace yizhan::bench {

using EventNumber = std::int64_t;

inline constexpr std::size_t kPayloadBytes = 600;

/// The payload of one event: JSON that begins `{"id":"` and the number in 12 digits, always kPayloadBytes long.
std::string payload_of(EventNumber number);
/// The number in a payload as it was delivered; nothing if it is none of ours.
std::optional<EventNumber> number_in(std::string_view payload);

/// Digits of a number wherever one is written.
inline constexpr std::size_t kNumberDigits = 12;
void write_number(char* at, EventNumber number);
/// Nothing if `text` does not begin with so many digits.
std::optional<EventNumber> read_number(std::string_view text);

struct RequestShape {
  std::string path = "/api/v1/events";
  std::string platform = "bench";
  std::string event_type = "order.created";
  std::string not_before;         ///< RFC 3339; empty: at once
  bool idempotency_keys = false;  ///< one of its own for every event
  int events_per_request = 1;     ///< 1 posts an object, more an array
  /// Not empty: each request is a callback as GitHub sends one, the payload alone, signed with this secret.
  std::string callback_secret;
  /// Not empty: each request is the status of a parcel, as a carrier sends one, signed with this secret.
  std::string express_secret;
  std::int64_t parcels = 1;  ///< how many of them there are
};

/// A POST that is rendered once and only gets its numbers written into it.
class Requests {
 public:
  virtual ~Requests() = default;
  /// The whole request, with events first … first + events_per_request − 1. Valid until the next call.
  virtual std::string_view with_numbers(EventNumber first) = 0;
};

std::unique_ptr<Requests> make_requests(const RequestShape& shape);

/// Events, and callbacks of GitHub's.
class RequestTemplate final : public Requests {
 public:
  explicit RequestTemplate(const RequestShape& shape);
  std::string_view with_numbers(EventNumber first) override;

 private:
  std::string_view body() const { return std::string_view(text_).substr(text_.size() - body_bytes_); }

  struct Place {
    std::size_t offset;
    int event;  ///< which of the request
  };
  std::string text_;
  std::size_t body_bytes_ = 0;
  std::optional<SigningKey> key_;  ///< of callbacks
  std::size_t signature_at_ = 0;
  std::vector<Place> places_;
};

}  // namespace yizhan::bench
