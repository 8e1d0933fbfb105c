// Statuses of parcels as a carrier posts them (/webhook/express/status), and the pushes that they cause.
//
// Event n is about parcel B<n mod parcels>, in 12 digits; its text is n in 12 digits, which is what the notification
// must show. A parcel's events are a second apart and say two states in turn, so that each of them is told.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "drive/event_text.h"
#include "drive/signature.h"

namespace yizhan::bench {

class ExpressTemplate final : public Requests {
 public:
  explicit ExpressTemplate(const RequestShape& shape);
  std::string_view with_numbers(EventNumber first) override;

 private:
  std::string_view body() const { return std::string_view(text_).substr(body_at_); }

  std::string text_;
  EventNumber parcels_;
  SigningKey key_;
  std::size_t signature_at_;
  std::size_t body_at_;
  std::size_t parcel_at_;
  std::size_t state_at_;
  std::size_t time_at_;
  std::size_t number_at_;
};

/// What a text member of a JSON object holds, up to its closing quotation mark; nothing where there is none.
std::optional<std::string_view> text_member(std::string_view object, std::string_view name);

/// The number of a push: the last 12 characters of that member of its call to the cloud function.
std::optional<EventNumber> number_in_push(std::string_view call, std::string_view member);

/// What the cloud function answers when the phone of that call is online.
std::string push_success(std::string_view call);

}  // namespace yizhan::bench
