#include "push/getui.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/json_writer.h"
#include "http/attempt_outcome.h"
#include "push/getui_request.h"
#include "push/getui_token.h"
#include "push/service_answer.h"

namespace yizhan::push {
namespace {

constexpr std::int64_t kTokenInvalid = 10001;
constexpr std::size_t kLargestBatch = 200;

/// A message on its way.
struct Pending {
  Message message;
  Channel::Done done;
  UtcTime started;
  SteadyTime deadline;  ///< of the whole attempt, however many calls it takes

  void finish(AttemptOutcome outcome) {
    outcome.started_at = started;
    outcome.duration = std::max(utc_now() - started, Microseconds{0});
    done(std::move(outcome));
  }
};
using Batch = std::vector<Pending>;

/// Takes what fits into one call: at most `limit`, and no device twice, which Getui refuses and the answer could not
/// tell apart.
Batch take_batch(Batch& waiting, std::size_t limit) {
  Batch batch;
  Batch rest;
  std::unordered_set<std::string> cids;
  for (Pending& pending : waiting) {
    const bool fits = batch.size() < limit && cids.insert(pending.message.cid()).second;
    (fits ? batch : rest).push_back(std::move(pending));
  }
  waiting = std::move(rest);
  return batch;
}

void finish_all(Batch& batch, const AttemptOutcome& outcome) {
  for (Pending& pending : batch) pending.finish(outcome);
}

AttemptOutcome out_of_time() {
  AttemptOutcome outcome;
  outcome.error_class = ErrorClass::kTimeout;
  outcome.error_message = "the time of the attempt was over before Getui could be asked again";
  return outcome;
}

/// The part of an answer to several that is about one device, written as the answer to one is.
std::string device_answer(const ServiceAnswer& answer, const std::string& cid, const DeviceResult& result) {
  JsonWriter text;
  text.begin_object().raw("code", answer.code_text).key("data").begin_object().key(result.task_id).begin_object();
  return text.text(cid, result.status).end_object().end_object().end_object().take();
}

class Getui final : public Channel {
 public:
  Getui(http::asio::io_context& io, http::Client& client, const GetuiOptions& options, const http::Url& app_url)
      : state_(std::make_shared<State>(io, client, options, app_url)) {}

  const std::string& endpoint_url() const override { return state_->endpoint_url; }
  void send(Message message, Done done) override { state_->send(std::move(message), std::move(done)); }

 private:
  struct State : std::enable_shared_from_this<State> {
    State(http::asio::io_context& io_context, http::Client& http_client, const GetuiOptions& getui_options,
          const http::Url& app_url)
        : io(io_context),
          client(http_client),
          options(getui_options),
          endpoint_url(app_url.without_query()),
          single_url(below(app_url, "/push/single/cid")),
          batch_url(below(app_url, "/push/single/batch/cid")),
          token(io, client,
                {below(app_url, "/auth"), options.app_key, options.master_secret, options.timeout,
                 options.extra_networks, options.shortest_auth_interval}) {
      options.batch = std::clamp<std::size_t>(options.batch, 1, kLargestBatch);
    }

    static std::shared_ptr<const http::Url> below(const http::Url& app_url, std::string_view path) {
      auto url = std::make_shared<http::Url>(app_url);
      url->target += path;
      return url;
    }

    void send(Message message, Done done) {
      waiting.push_back(
          {std::move(message), std::move(done), utc_now(), std::chrono::steady_clock::now() + options.timeout});
      if (waiting.size() > 1) return;
      http::asio::post(io, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->send_waiting();
      });
    }

    void send_waiting() {
      Batch all = std::exchange(waiting, {});
      while (!all.empty()) with_token(take_batch(all, options.batch), /*renewed=*/false);
    }

    void with_token(Batch batch, bool renewed) {
      token.get([weak = weak_from_this(), batch = std::move(batch),
                 renewed](std::expected<std::string, AttemptOutcome> got) mutable {
        const auto self = weak.lock();
        if (!self) return;
        if (!got) return finish_all(batch, got.error());
        self->call(std::move(batch), *got, renewed);
      });
    }

    void call(Batch batch, const std::string& with, bool renewed) {
      const SteadyTime deadline = std::ranges::min_element(batch, {}, &Pending::deadline)->deadline;
      const auto left = std::chrono::floor<Milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left <= Milliseconds{0}) return finish_all(batch, out_of_time());
      http::Request request;
      request.url = batch.size() == 1 ? single_url : batch_url;
      request.header_lines =
          fmt::format("User-Agent: Yizhan\r\nContent-Type: application/json;charset=utf-8\r\ntoken: {}\r\n", with);
      request.body = std::make_shared<const std::string>(body_of(batch));
      request.timeout = left;
      request.extra_networks = options.extra_networks;
      client.send(std::move(request), [weak = weak_from_this(), batch = std::move(batch), with,
                                       renewed](std::expected<http::Response, http::Failure> received) mutable {
        if (const auto self = weak.lock()) self->answered(std::move(batch), std::move(received), with, renewed);
      });
    }

    std::string body_of(const Batch& batch) const {
      if (batch.size() == 1) return getui_message(batch.front().message, options.time_to_live);
      GetuiBatchBody body;
      for (const Pending& pending : batch) body.add(getui_message(pending.message, options.time_to_live));
      return std::move(body).finish();
    }

    void answered(Batch batch, std::expected<http::Response, http::Failure>&& received, const std::string& with,
                  bool renewed) {
      const auto answer = received ? read_getui_answer(received->body) : std::nullopt;
      if (answer && answer->code == kTokenInvalid) {
        token.refused(with);
        if (!renewed) return with_token(std::move(batch), true);
      }
      // Before it is cut: half a secret would not be found.
      if (received) received->body = token.hide(received->body);
      const AttemptOutcome outcome = http::attempt_outcome(std::move(received), {}, {});
      if (batch.size() == 1) return finish_one(batch.front(), outcome, answer);
      if (answer && answer->succeeded && outcome.succeeded()) {
        return finish_each(std::move(batch), outcome, *answer, with, renewed);
      }
      if (answer && !answer->succeeded && is_final(class_of_failure(*answer))) {
        return send_halves(std::move(batch), with, renewed);
      }
      AttemptOutcome judged = outcome;
      judge(judged, answer, "", DeviceNaming::kRequired);
      judged.error_message = token.hide(judged.error_message);
      finish_all(batch, judged);
    }

    void finish_one(Pending& pending, AttemptOutcome outcome, const std::optional<ServiceAnswer>& answer) const {
      judge(outcome, answer, pending.message.cid(), DeviceNaming::kRequired);
      outcome.error_message = token.hide(outcome.error_message);
      pending.finish(std::move(outcome));
    }

    void finish_each(Batch batch, const AttemptOutcome& outcome, const ServiceAnswer& answer, const std::string& with,
                     bool renewed) {
      Batch unclear;
      for (Pending& pending : batch) {
        auto own = outcome_of_device(outcome, answer, pending.message.cid());
        if (own) {
          pending.finish(std::move(*own));
        } else {
          unclear.push_back(std::move(pending));
        }
      }
      if (unclear.empty()) return;
      if (unclear.size() == batch.size()) return send_halves(std::move(unclear), with, renewed);
      call(std::move(unclear), with, renewed);
    }

    /// Empty where the answer to several leaves the device out, or says no more than that it failed: asked for by
    /// itself, it gets a code.
    std::optional<AttemptOutcome> outcome_of_device(const AttemptOutcome& outcome, const ServiceAnswer& answer,
                                                    const std::string& cid) const {
      const auto found = answer.devices.find(cid);
      if (found == answer.devices.end()) return std::nullopt;
      AttemptOutcome own = outcome;
      judge_device(own, found->second);
      if (own.error_class == ErrorClass::kPushFailed) return std::nullopt;
      own.error_message = token.hide(own.error_message);
      own.response_head = token.hide(device_answer(answer, cid, found->second)).substr(0, kStoredResponseBytes);
      return own;
    }

    void send_halves(Batch batch, const std::string& with, bool renewed) {
      const auto middle = batch.begin() + static_cast<std::ptrdiff_t>(batch.size() / 2);
      Batch second(std::make_move_iterator(middle), std::make_move_iterator(batch.end()));
      batch.erase(middle, batch.end());
      call(std::move(batch), with, renewed);
      call(std::move(second), with, renewed);
    }

    http::asio::io_context& io;
    http::Client& client;
    GetuiOptions options;
    const std::string endpoint_url;
    const std::shared_ptr<const http::Url> single_url;
    const std::shared_ptr<const http::Url> batch_url;
    GetuiToken token;
    Batch waiting;  ///< for the end of this turn of the event loop
  };

  std::shared_ptr<State> state_;
};

bool is_app_id(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char character) {
    return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
           (character >= 'A' && character <= 'Z') || character == '-' || character == '_';
  });
}

}  // namespace

Result<std::unique_ptr<Channel>> make_getui(http::asio::io_context& io, http::Client& client, GetuiOptions options) {
  if (!is_app_id(options.app_id) || options.app_key.empty() || options.master_secret.empty()) {
    return fail(
        "getui_incomplete",
        "Getui needs its app id (letters, digits, - and _), its app key and its master secret, as the application's "
        "page in its developer centre shows them");
  }
  while (options.base_url.ends_with('/')) options.base_url.pop_back();
  auto url = http::parse_url(options.base_url + "/" + options.app_id);
  if (!url) return fail(url.error().code, fmt::format("Getui's base URL: {}", url.error().message));
  if (url->target.contains('?')) return fail("url_invalid", "Getui's base URL must have no query");
  return std::make_unique<Getui>(io, client, options, *url);
}

}  // namespace yizhan::push
