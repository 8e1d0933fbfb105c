#include "drive/event_text.h"

#include <fmt/format.h>

#include <charconv>

#include "drive/express_text.h"

namespace yizhan::bench {
namespace {

constexpr std::string_view kBegin = R"({"id":")";
/// Stands for the number until it is known; occurs nowhere else in a request.
constexpr std::string_view kPlaceholder = "############";

constexpr std::string_view kSignatureHeader = "X-Hub-Signature-256: sha256=";

std::string payload_with_placeholder() {
  std::string text = fmt::format(
      R"({}{}","order_id":"ord_20260801_88120","customer_id":"cus_8812","currency":"EUR","total":12999,)"
      R"("items":[{{"sku":"A-1001","quantity":2,"price":4999}},{{"sku":"B-2002","quantity":1,"price":3001}}],"note":")",
      kBegin, kPlaceholder);
  constexpr std::string_view kEnd = R"("})";
  // Letters without a pattern, so that nothing on the way gains by compressing them.
  std::uint32_t state = 2463534242U;
  while (text.size() < kPayloadBytes - kEnd.size()) {
    state ^= state << 13U;
    state ^= state >> 17U;
    state ^= state << 5U;
    text += static_cast<char>('a' + state % 26U);
  }
  return text.append(kEnd);
}

std::string event_object(const RequestShape& shape) {
  std::string text = fmt::format(R"({{"platform":"{}","event_type":"{}")", shape.platform, shape.event_type);
  if (shape.idempotency_keys) text += fmt::format(R"(,"idempotency_key":"key-{}")", kPlaceholder);
  if (!shape.not_before.empty()) text += fmt::format(R"(,"not_before":"{}")", shape.not_before);
  return text + fmt::format(R"(,"payload":{}}})", payload_with_placeholder());
}

}  // namespace

void write_number(char* at, EventNumber number) {
  for (std::size_t i = kNumberDigits; i > 0; --i) {
    at[i - 1] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

std::optional<EventNumber> read_number(std::string_view text) {
  if (text.size() < kNumberDigits) return std::nullopt;
  EventNumber number = 0;
  const char* begin = text.data();
  const char* end = begin + kNumberDigits;
  const auto [stop, error] = std::from_chars(begin, end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

std::unique_ptr<Requests> make_requests(const RequestShape& shape) {
  if (!shape.express_secret.empty()) return std::make_unique<ExpressTemplate>(shape);
  return std::make_unique<RequestTemplate>(shape);
}

std::string payload_of(EventNumber number) {
  static const std::string kText = payload_with_placeholder();
  std::string payload = kText;
  write_number(payload.data() + kBegin.size(), number);
  return payload;
}

std::optional<EventNumber> number_in(std::string_view payload) {
  if (!payload.starts_with(kBegin)) return std::nullopt;
  return read_number(payload.substr(kBegin.size()));
}

RequestTemplate::RequestTemplate(const RequestShape& shape) {
  std::string more_headers;
  std::size_t places_per_event = shape.idempotency_keys ? 2 : 1;
  if (!shape.callback_secret.empty()) {
    key_.emplace(shape.callback_secret);
    more_headers = fmt::format("X-GitHub-Event: push\r\nX-GitHub-Delivery: {}\r\n{}{}\r\n", kPlaceholder,
                               kSignatureHeader, std::string(SigningKey::kHexDigits, '0'));
    places_per_event = 2;
  }
  const std::string object = key_ ? payload_with_placeholder() : event_object(shape);
  std::string body;
  for (int i = 0; i < shape.events_per_request; ++i) {
    body += i == 0 ? "" : ",";
    body += object;
  }
  if (shape.events_per_request > 1) body = "[" + body + "]";
  body_bytes_ = body.size();
  text_ = fmt::format(
      "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{}Content-Length: {}\r\n\r\n{}",
      shape.path, more_headers, body.size(), body);
  signature_at_ = text_.find(kSignatureHeader) + kSignatureHeader.size();

  for (std::size_t at = text_.find(kPlaceholder); at != std::string::npos;
       at = text_.find(kPlaceholder, at + kNumberDigits)) {
    places_.push_back({at, static_cast<int>(places_.size() / places_per_event)});
  }
}

std::string_view RequestTemplate::with_numbers(EventNumber first) {
  for (const Place& place : places_) write_number(text_.data() + place.offset, first + place.event);
  if (key_) text_.replace(signature_at_, SigningKey::kHexDigits, key_->sign({body()}));
  return text_;
}

}  // namespace yizhan::bench
