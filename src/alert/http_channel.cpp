#include "alert/http_channel.h"

#include <fmt/format.h>

#include "base/secrets.h"
#include "http/attempt_outcome.h"
#include "http/percent_encoding.h"

namespace yizhan::alert {
namespace {

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  http::append_percent_encoded(encoded, text);
  return encoded;
}

/// The last part of the path and every value of the query: where the services put what makes a caller theirs.
void add_url_secrets(Secrets& secrets, std::string_view target) {
  // Shorter ones are words such as `send`: hiding them would make answers unreadable.
  constexpr std::size_t kShortestSecret = 8;
  const auto add = [&secrets](std::string_view text) {
    if (text.size() >= kShortestSecret) secrets.add(text);
  };
  const auto question = target.find('?');
  const std::string_view path = target.substr(0, question);
  add(path.substr(path.rfind('/') + 1));
  if (question == std::string_view::npos) return;
  std::string_view query = target.substr(question + 1);
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    if (const auto equals = parameter.find('='); equals != std::string_view::npos) add(parameter.substr(equals + 1));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
}

class HttpChannel final : public Channel {
 public:
  HttpChannel(http::Client& client, const http::Url& url, std::shared_ptr<const HttpService> service,
              const std::vector<std::string>& secrets, HttpChannelOptions options)
      : client_(client), endpoint_url_(url.origin()), service_(std::move(service)), options_(std::move(options)) {
    auto hidden = std::make_shared<Secrets>();
    for (const std::string& secret : secrets) {
      hidden->add(secret);
      hidden->add(percent_encoded(secret));
    }
    add_url_secrets(*hidden, url.target);
    secrets_ = std::move(hidden);
  }

  const std::string& endpoint_url() const override { return endpoint_url_; }

  void send(Message message, Done done) override {
    const UtcTime started = utc_now();
    HttpCall call = service_->call(message, started);
    http::Request request;
    request.url = std::move(call.url);
    request.tls = options_.tls;
    request.header_lines = "User-Agent: Yizhan\r\n" + call.header_lines;
    request.body = std::make_shared<const std::string>(std::move(call.body));
    request.timeout = options_.timeout;
    request.extra_networks = options_.extra_networks;
    client_.send(std::move(request),
                 [started, service = service_, secrets = secrets_, pause = options_.throttled_pause,
                  done = std::move(done)](std::expected<http::Response, http::Failure> received) mutable {
                   const std::string body = received ? received->body : "";
                   // Before it is cut: half a secret would not be found.
                   if (received) received->body = secrets->hide(received->body);
                   AttemptOutcome outcome = http::attempt_outcome(std::move(received), started, utc_now());
                   service->judge(outcome, body);
                   outcome.error_message = secrets->hide(outcome.error_message);
                   if (is_throttled(outcome.error_class) && outcome.retry_after.empty()) {
                     outcome.retry_after = fmt::to_string(pause.count());
                   }
                   done(std::move(outcome));
                 });
  }

 private:
  http::Client& client_;
  std::string endpoint_url_;
  std::shared_ptr<const HttpService> service_;
  HttpChannelOptions options_;
  std::shared_ptr<const Secrets> secrets_;
};

}  // namespace

std::unique_ptr<Channel> make_http_channel(http::Client& client, const http::Url& url,
                                           std::shared_ptr<const HttpService> service,
                                           const std::vector<std::string>& secrets, HttpChannelOptions options) {
  return std::make_unique<HttpChannel>(client, url, std::move(service), secrets, std::move(options));
}

http::Url with_parameter(http::Url url, std::string_view name, std::string_view value) {
  url.target += url.target.contains('?') ? '&' : '?';
  url.target += name;
  url.target += '=';
  http::append_percent_encoded(url.target, value);
  return url;
}

}  // namespace yizhan::alert
