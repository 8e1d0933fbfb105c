#include "push/getui_token.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <vector>

#include "base/json_writer.h"
#include "base/secrets.h"
#include "http/attempt_outcome.h"
#include "push/service_answer.h"
#include "verify/digest.h"

namespace yizhan::push {
namespace {

/// Whatever expire_time says: a wrong guess costs one 10001.
constexpr Seconds kLongestLife{86400};
constexpr Milliseconds kLongestFailurePause{60000};

struct Issued {
  std::string token;
  std::optional<UtcTime> expires_at;
};

/// `data` of a successful answer; empty without a token.
std::optional<Issued> read_issued(std::string_view body) {
  boost::system::error_code error;
  const boost::json::value document = boost::json::parse(boost::json::string_view(body.data(), body.size()), error);
  if (error || !document.is_object()) return std::nullopt;
  const auto* data = document.get_object().if_contains("data");
  if (data == nullptr || !data->is_object()) return std::nullopt;
  const auto* token = data->get_object().if_contains("token");
  if (token == nullptr || !token->is_string() || token->get_string().empty()) return std::nullopt;

  Issued issued{std::string(token->get_string().data(), token->get_string().size()), std::nullopt};
  if (const auto* expires = data->get_object().if_contains("expire_time"); expires != nullptr) {
    std::int64_t milliseconds = expires->is_int64() ? expires->get_int64() : 0;
    if (const auto* text = expires->if_string()) {
      std::from_chars(text->data(), text->data() + text->size(), milliseconds);
    }
    // Before it is turned into microseconds, which a nonsensical value would overflow.
    if (milliseconds > 0 && milliseconds < 100'000'000'000'000) issued.expires_at = UtcTime{Milliseconds{milliseconds}};
  }
  return issued;
}

/// A token goes into a header line: what could end it is no token.
bool fits_a_header(std::string_view token) {
  return std::ranges::all_of(token, [](char character) { return character > 0x20 && character < 0x7f; });
}

/// What comes of the calls that wait, when auth is refused: never final, because it says nothing of any device.
ErrorClass class_without_token(const ServiceAnswer& answer) {
  return class_of_failure(answer) == ErrorClass::kPushThrottled ? ErrorClass::kPushThrottled
                                                                : ErrorClass::kPushUnauthorized;
}

}  // namespace

struct GetuiToken::State : std::enable_shared_from_this<State> {
  State(http::asio::io_context& io_context, http::Client& http_client, GetuiTokenOptions token_options)
      : io(io_context),
        client(http_client),
        options(std::move(token_options)),
        timer(io.get_executor()),
        failure_pause(options.failure_pause) {
    remember("");
  }

  void get(Done done) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (!token.empty() && now < good_until) return answer_soon(std::move(done), token);
    if (now < silent_until) return answer_soon(std::move(done), std::unexpected(failure));
    waiting.push_back(std::move(done));
    if (!asking) ask(now);
  }

  void answer_soon(Done done, std::expected<std::string, AttemptOutcome> result) {
    http::asio::post(io, [done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
  }

  void ask(SteadyTime now) {
    asking = true;
    if (now >= next_auth_at) return send();
    timer.expires_at(next_auth_at);
    timer.async_wait([weak = weak_from_this()](http::ErrorCode error) {
      const auto self = weak.lock();
      if (self && !error) self->send();
    });
  }

  void send() {
    next_auth_at = std::chrono::steady_clock::now() + options.shortest_interval;
    const UtcTime started = utc_now();
    http::Request request;
    request.url = options.url;
    request.header_lines = "User-Agent: Yizhan\r\nContent-Type: application/json;charset=utf-8\r\n";
    request.body = std::make_shared<const std::string>(request_body(started));
    request.timeout = options.timeout;
    request.extra_networks = options.extra_networks;
    client.send(std::move(request),
                [weak = weak_from_this(), started](std::expected<http::Response, http::Failure> received) {
                  if (const auto self = weak.lock()) self->received(std::move(received), started);
                });
  }

  std::string request_body(UtcTime now) const {
    const std::string timestamp = std::to_string(to_unix_micros(now) / 1000);
    return JsonWriter()
        .begin_object()
        .text("sign", verify::sha256_hex(options.app_key + timestamp + options.master_secret))
        .text("timestamp", timestamp)
        .text("appkey", options.app_key)
        .end_object()
        .take();
  }

  void received(std::expected<http::Response, http::Failure>&& received, UtcTime started) {
    asking = false;
    const auto answer = received ? read_getui_answer(received->body) : std::nullopt;
    auto issued = received && answer && answer->succeeded ? read_issued(received->body) : std::nullopt;
    AttemptOutcome outcome = http::attempt_outcome(std::move(received), started, utc_now());
    if (outcome.succeeded() && issued && fits_a_header(issued->token)) {
      remember(std::move(issued->token));
      const Microseconds life = issued->expires_at ? *issued->expires_at - utc_now() : Microseconds(kLongestLife);
      good_until = std::chrono::steady_clock::now() +
                   std::clamp<Microseconds>(life - options.renew_before, options.shortest_life, kLongestLife);
      failure_pause = options.failure_pause;
      return release(token);
    }

    // The body is not kept: were it a token in an answer that is not understood, it would be on record.
    outcome.response_head.clear();
    if (answer && !answer->succeeded) {
      outcome.error_class = class_without_token(*answer);
      outcome.error_message = fmt::format(
          "Getui refused to authenticate with code {}: {}. Check the app id, the app key "
          "and the master secret, and this machine's clock",
          answer->code_text, answer->message);
    } else if (outcome.succeeded()) {
      outcome.error_class = ErrorClass::kPushFailed;
      outcome.error_message = "what answered as Getui's auth gave no token: is the base URL right?";
    } else {
      outcome.error_message = fmt::format("no token from Getui: {}", outcome.error_message);
    }
    outcome.error_message = secrets.hide(outcome.error_message);
    failure = std::move(outcome);
    silent_until = std::chrono::steady_clock::now() + failure_pause;
    failure_pause = std::min(failure_pause * 2, kLongestFailurePause);
    release(std::unexpected(failure));
  }

  /// Those that ask from within are not served here: they find the token, or ask anew.
  void release(const std::expected<std::string, AttemptOutcome>& result) {
    for (Done& done : std::exchange(waiting, {})) done(result);
  }

  /// The former one is still hidden: calls with it may be under way.
  void remember(std::string next) {
    secrets = Secrets();
    secrets.add(options.master_secret);
    secrets.add(options.app_key);
    secrets.add(token.empty() ? former : token);
    secrets.add(next);
    if (!token.empty()) former = std::move(token);
    token = std::move(next);
  }

  http::asio::io_context& io;
  http::Client& client;
  const GetuiTokenOptions options;
  http::Timer timer;
  Secrets secrets;
  std::string token;
  std::string former;
  SteadyTime good_until{};
  std::vector<Done> waiting;
  bool asking = false;
  SteadyTime next_auth_at{};
  AttemptOutcome failure;
  SteadyTime silent_until{};
  Milliseconds failure_pause;
};

GetuiToken::GetuiToken(http::asio::io_context& io, http::Client& client, GetuiTokenOptions options)
    : state_(std::make_shared<State>(io, client, std::move(options))) {}

GetuiToken::~GetuiToken() = default;

void GetuiToken::get(Done done) {
  state_->get(std::move(done));
}

void GetuiToken::refused(std::string_view token) {
  if (state_->token == token) state_->good_until = {};
}

std::string GetuiToken::hide(std::string_view text) const {
  return state_->secrets.hide(text);
}

}  // namespace yizhan::push
