#include "drive/express_text.h"

#include <fmt/format.h>

#include <array>

namespace yizhan::bench {
namespace {

constexpr std::string_view kNumber = "############";
constexpr std::string_view kSignatureHeader = "X-Signature: ";
constexpr std::array<std::string_view, 2> kStates{"PICKED_UP", "IN_LOCKER"};
constexpr std::string_view kTime = "HH:MM:SS";

void write_two_digits(char* at, EventNumber number) {
  at[0] = static_cast<char>('0' + number / 10 % 10);
  at[1] = static_cast<char>('0' + number % 10);
}

std::size_t place_after(std::string_view text, std::string_view what) {
  return text.find(what) + what.size();
}

}  // namespace

ExpressTemplate::ExpressTemplate(const RequestShape& shape) : parcels_(shape.parcels), key_(shape.express_secret) {
  const std::string content =
      fmt::format(R"({{"tracking_no":"B{}","status_code":"{}","event_time":"2026-01-01T{}Z","event_text":"{}",)"
                  R"("location":"Hangzhou","carrier_code":"yuantong"}})",
                  kNumber, kStates[0], kTime, kNumber);
  text_ = fmt::format(
      "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{}{}\r\nContent-Length: {}\r\n\r\n{}",
      shape.path, kSignatureHeader, std::string(SigningKey::kHexDigits, '0'), content.size(), content);
  signature_at_ = place_after(text_, kSignatureHeader);
  body_at_ = text_.size() - content.size();
  parcel_at_ = place_after(text_, R"("tracking_no":"B)");
  state_at_ = place_after(text_, R"("status_code":")");
  time_at_ = place_after(text_, R"("event_time":"2026-01-01T)");
  number_at_ = place_after(text_, R"("event_text":")");
}

std::string_view ExpressTemplate::with_numbers(EventNumber first) {
  const EventNumber round = first / parcels_;
  write_number(text_.data() + parcel_at_, first % parcels_);
  text_.replace(state_at_, kStates[0].size(), kStates[static_cast<std::size_t>(round % 2)]);
  char* time = text_.data() + time_at_;
  write_two_digits(time, round / 3600 % 24);
  write_two_digits(time + 3, round / 60 % 60);
  write_two_digits(time + 6, round % 60);
  write_number(text_.data() + number_at_, first);
  text_.replace(signature_at_, SigningKey::kHexDigits, key_.sign({body()}));
  return text_;
}

std::optional<std::string_view> text_member(std::string_view object, std::string_view name) {
  const std::string begin = fmt::format(R"("{}":")", name);
  const std::size_t at = object.find(begin);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = object.substr(at + begin.size());
  const std::size_t end = rest.find('"');
  if (end == std::string_view::npos) return std::nullopt;
  return rest.substr(0, end);
}

std::optional<EventNumber> number_in_push(std::string_view call, std::string_view member) {
  const auto text = text_member(call, member);
  if (!text || text->size() < kNumberDigits) return std::nullopt;
  return read_number(text->substr(text->size() - kNumberDigits));
}

std::string push_success(std::string_view call) {
  const std::string body = fmt::format(R"({{"errCode":0,"errMsg":"","data":{{"RASS_1":{{"{}":"successed_online"}}}}}})",
                                       text_member(call, "push_clientid").value_or(""));
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", body.size(),
                     body);
}

}  // namespace yizhan::bench
