#include "alert/webhook.h"

#include <fmt/format.h>

#include <algorithm>

#include "verify/header_text.h"

namespace yizhan::alert {
namespace {

/// The same as Standard Webhooks', for every scheme: a receiver knows an alert that it has had by it.
constexpr std::string_view kIdHeader = "webhook-id";

class Webhook final : public HttpService {
 public:
  Webhook(std::shared_ptr<const http::Url> url, std::shared_ptr<const verify::Signer> signer)
      : url_(std::move(url)), signer_(std::move(signer)) {
    signs_id_ = std::ranges::any_of(signer_->header_names(),
                                    [](const auto& name) { return verify::same_header_name(name, kIdHeader); });
  }

  HttpCall call(const Message& message, UtcTime now) const override {
    std::string headers =
        fmt::format("Content-Type: application/json\r\nX-Yizhan-Event-Type: {}\r\n", event_type(message.alert));
    if (!signs_id_) {
      headers += fmt::format("{}: ", kIdHeader);
      verify::append_header_text(headers, message.event_id);
      headers += "\r\n";
    }
    signer_->append_header_lines(
        headers, {.id = message.event_id, .timestamp_seconds = to_unix_seconds(now), .body = message.payload});
    return {url_, std::move(headers), message.payload};
  }

  void judge(AttemptOutcome&, std::string_view) const override {}

 private:
  std::shared_ptr<const http::Url> url_;
  std::shared_ptr<const verify::Signer> signer_;
  bool signs_id_ = false;
};

}  // namespace

Result<std::unique_ptr<Channel>> make_webhook(http::Client& client, const WebhookOptions& options,
                                              HttpChannelOptions http_options) {
  auto url = http::parse_url(options.url);
  if (!url) return std::unexpected(std::move(url.error()));
  auto signer = verify::make_signer(options.signing);
  if (!signer) return std::unexpected(std::move(signer.error()));
  auto whole = std::make_shared<const http::Url>(std::move(*url));
  return make_http_channel(client, *whole, std::make_shared<const Webhook>(whole, std::move(*signer)),
                           options.signing.secrets, std::move(http_options));
}

}  // namespace yizhan::alert
