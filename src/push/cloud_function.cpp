#include "push/cloud_function.h"

#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/secrets.h"
#include "http/attempt_outcome.h"
#include "push/service_answer.h"

namespace yizhan::push {
namespace {

std::string request_body(const std::string& token, const Message& message) {
  return JsonWriter()
      .begin_object()
      .text("token", token)
      .text("push_clientid", message.cid())
      .text("title", message.title())
      .text("content", message.content())
      .text("request_id", message.request_id())
      .raw("payload", message.payload())
      .end_object()
      .take();
}

class CloudFunction final : public Channel {
 public:
  CloudFunction(http::Client& client, CloudFunctionOptions options, http::Url url)
      : client_(client),
        options_(std::move(options)),
        url_(std::make_shared<const http::Url>(std::move(url))),
        endpoint_url_(url_->without_query()) {
    auto secrets = std::make_shared<Secrets>();
    secrets->add(options_.token);
    secrets_ = std::move(secrets);
  }

  const std::string& endpoint_url() const override { return endpoint_url_; }

  void send(Message message, Done done) override {
    const UtcTime started = utc_now();
    http::Request request;
    request.url = url_;
    request.header_lines = "User-Agent: Yizhan\r\nContent-Type: application/json\r\n";
    request.body = std::make_shared<const std::string>(request_body(options_.token, message));
    request.timeout = options_.timeout;
    request.extra_networks = options_.extra_networks;
    client_.send(std::move(request), [started, secrets = secrets_, cid = message.cid(), done = std::move(done)](
                                         std::expected<http::Response, http::Failure> received) mutable {
      const auto answer = received ? read_uni_push_answer(received->body) : std::nullopt;
      // Before it is cut: half a secret would not be found.
      if (received) received->body = secrets->hide(received->body);
      AttemptOutcome outcome = http::attempt_outcome(std::move(received), started, utc_now());
      judge(outcome, answer, cid, DeviceNaming::kOptional);
      outcome.error_message = secrets->hide(outcome.error_message);
      done(std::move(outcome));
    });
  }

 private:
  http::Client& client_;
  CloudFunctionOptions options_;
  std::shared_ptr<const http::Url> url_;
  std::string endpoint_url_;
  std::shared_ptr<const Secrets> secrets_;
};

}  // namespace

Result<std::unique_ptr<Channel>> make_cloud_function(http::Client& client, CloudFunctionOptions options) {
  auto url = http::parse_url(options.url);
  if (!url) return fail(url.error().code, fmt::format("the cloud function's URL: {}", url.error().message));
  return std::make_unique<CloudFunction>(client, std::move(options), std::move(*url));
}

}  // namespace yizhan::push
