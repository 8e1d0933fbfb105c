#include "notify/postgrest.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>

#include "base/clock.h"
#include "base/json_writer.h"
#include "http/percent_encoding.h"
#include "notify/postgrest_answer.h"
#include "verify/jwt.h"

namespace yizhan::notify {
namespace {

constexpr std::string_view kApiPath = "/rest/v1";
/// Of a question's path and query: servers and gateways refuse request lines over 4 to 8 KiB.
constexpr std::size_t kLongestTarget = 3500;
/// Questions on their way at once.
constexpr std::size_t kAtOnce = 8;

/// How the service is spoken to. Immutable.
struct Service {
  PostgrestOptions options;
  http::Url base;    ///< with the API's path, without `/` at its end
  std::string role;  ///< what the key says it is; empty where it says nothing

  bool passes_row_level_security() const { return options.use_rpc || (options.use_bearer && role == "service_role"); }

  http::Request request(std::string_view method, std::string_view path_and_query, std::string body) const {
    http::Url url = base;
    url.target += path_and_query;
    std::string lines = fmt::format("apikey: {}\r\nAccept: application/json\r\nUser-Agent: Yizhan\r\n", options.key);
    if (options.use_bearer) lines += fmt::format("Authorization: Bearer {}\r\n", options.key);
    if (!body.empty()) lines += "Content-Type: application/json\r\n";
    return {.url = std::make_shared<const http::Url>(std::move(url)),
            .tls = nullptr,
            .method = std::string(method),
            .header_lines = std::move(lines),
            .body = std::make_shared<const std::string>(std::move(body)),
            .timeout = options.timeout,
            .extra_networks = options.extra_networks};
  }

  /// What they answer may repeat what we sent.
  void take_secrets_out(std::string& body) const {
    for (const std::string* secret : {&options.key, &options.rpc_token}) {
      if (secret->empty()) continue;
      for (auto found = body.find(*secret); found != std::string::npos; found = body.find(*secret, found)) {
        body.replace(found, secret->size(), "…");
      }
    }
  }

  NoRecipients not_found(std::string_view order_id) const {
    const std::string_view asked = options.use_rpc ? "notify_get_order_recipients" : "ml_orders";
    return {NoRecipients::Kind::kSkip, "order_not_found",
            fmt::format("{} has no order {}{}.", asked, order_id,
                        passes_row_level_security() ? ""
                                                    : ", or row-level security hides this one row from the key that "
                                                      "is sent (see order_hidden_by_rls)")};
  }

  NoRecipients hidden(std::string_view order_id) const {
    const std::string_view mend =
        role == "service_role" ? "NOTIFY_WORKER_SUPA_USE_BEARER=true sends it so that it passes row-level security"
        : role.empty()         ? "give a service_role key as SUPA_KEY, with NOTIFY_WORKER_SUPA_USE_BEARER=true"
                       : "this key never passes row-level security: give the service_role key as SUPA_KEY, with "
                         "NOTIFY_WORKER_SUPA_USE_BEARER=true";
    return {NoRecipients::Kind::kFail, "order_hidden_by_rls",
            fmt::format("Order {} was not found, nor does ml_orders show any row at all to the key {}, sent as {}: "
                        "row-level security hides them, unless the table is empty. Mend: {}; or "
                        "NOTIFY_WORKER_USE_RLS_SAFE_RPC=true with NOTIFY_WORKER_RPC_TOKEN.",
                        order_id, role.empty() ? "(no JWT with a role)" : fmt::format("(role {})", role),
                        options.use_bearer ? "apikey and Bearer" : "apikey only", mend)};
  }
};

/// One batch of tasks: which orders to ask for, what came back.
class Inquiry : public std::enable_shared_from_this<Inquiry> {
 public:
  using Done = std::function<void(std::vector<Found>)>;

  Inquiry(http::Client& client, std::shared_ptr<const Service> service, const std::vector<store::NotifyTask>& tasks,
          Done done)
      : client_(client),
        service_(std::move(service)),
        tasks_(tasks),
        done_(std::move(done)),
        begin_no_more_after_(steady_now() + 2 * service_->options.timeout) {}

  void start() {
    std::vector<std::string> ids;
    for (const store::NotifyTask& task : tasks_) {
      if (without_order(task)) continue;
      if (asked_.emplace(comparable_id(task.order_id), std::nullopt).second) {
        ids.push_back(comparable_id(task.order_id));
      }
    }
    divide(ids);
    go_on();
  }

 private:
  using Ids = std::vector<std::string>;
  using Answer = std::expected<http::Response, http::Failure>;

  void divide(const Ids& ids) {
    Ids question;
    std::size_t length = 0;
    for (const std::string& id : ids) {
      const std::size_t more = listed(id).size() + 1;
      if (!question.empty() && (service_->options.use_rpc || length + more > kLongestTarget)) {
        questions_.push_back(std::exchange(question, {}));
        length = 0;
      }
      question.push_back(id);
      length += more;
    }
    if (!question.empty()) questions_.push_back(std::move(question));
  }

  /// As it stands in `in.(…)`: quoted, so that commas and brackets are its own, and percent-encoded.
  static std::string listed(std::string_view id) {
    std::string quoted = "\"";
    for (const char c : id) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    quoted += '"';
    std::string out;
    http::append_percent_encoded(out, quoted);
    return out;
  }

  http::Request question_for(const Ids& ids) const {
    if (service_->options.use_rpc) {
      JsonWriter body;
      body.begin_object().text("p_order_id", ids.front()).text("p_token", service_->options.rpc_token).end_object();
      return service_->request("POST", "/rpc/notify_get_order_recipients", body.take());
    }
    std::string query = "/ml_orders?select=id,user_id,merchant_id&id=in.(";
    for (const std::string& id : ids) query += (&id == &ids.front() ? "" : ",") + listed(id);
    return service_->request("GET", query + ")", {});
  }

  void send(http::Request request, std::move_only_function<void(const Answer&)> done) {
    client_.send(std::move(request), [service = service_, done = std::move(done)](Answer answer) mutable {
      if (answer) service->take_secrets_out(answer->body);
      done(answer);
    });
  }

  bool too_late() const { return steady_now() > begin_no_more_after_; }
  static NoRecipients too_slow() {
    return {NoRecipients::Kind::kPutOff, "postgrest_unavailable", "It answers too slowly for the whole batch."};
  }

  void go_on() {
    while (!questions_.empty() && on_their_way_ < kAtOnce) {
      if (!given_up_ && too_late()) given_up_ = too_slow();
      Ids ids = std::move(questions_.front());
      questions_.pop_front();
      if (given_up_) {
        for (const std::string& id : ids) asked_[id] = std::unexpected(*given_up_);
        continue;
      }
      ++on_their_way_;
      http::Request request = question_for(ids);
      send(std::move(request), [self = shared_from_this(), ids = std::move(ids)](const Answer& answer) mutable {
        --self->on_their_way_;
        self->take(std::move(ids), answer);
        self->go_on();
      });
    }
    if (questions_.empty() && on_their_way_ == 0) look_for_any_row();
  }

  void take(Ids ids, const Answer& answer) {
    const std::expected<Orders, Refusal> orders = read(ids, answer);
    if (!orders) return refused(std::move(ids), orders.error());
    Ids missing;
    for (std::string& id : ids) {
      if (const auto order = orders->find(id); order != orders->end()) {
        asked_[id] = recipients_of(id, order->second);
      } else {
        missing.push_back(std::move(id));
      }
    }
    // A service may be told to answer so many rows at most (db-max-rows): what is missing beside others is asked again.
    if (!missing.empty() && missing.size() < ids.size()) questions_.push_back(std::move(missing));
  }

  std::expected<Orders, Refusal> read(const Ids& ids, const Answer& answer) const {
    if (!answer) return std::unexpected(no_answer(answer.error()));
    if (!service_->options.use_rpc) return read_orders(*answer);
    auto order = read_order_of_function(*answer);
    if (!order) return std::unexpected(std::move(order.error()));
    Orders orders;
    if (*order) orders.emplace(ids.front(), std::move(**order));
    return orders;
  }

  void refused(Ids ids, const Refusal& refusal) {
    if (refusal.concerns == Refusal::Concerns::kQuestion && ids.size() > 1) {
      // One of them is the reason, and the others shall not suffer for it.
      const auto middle = ids.begin() + static_cast<std::ptrdiff_t>(ids.size() / 2);
      questions_.emplace_back(middle, ids.end());
      ids.erase(middle, ids.end());
      questions_.push_back(std::move(ids));
      return;
    }
    for (const std::string& id : ids) asked_[id] = std::unexpected(refusal.reason);
    if (refusal.concerns == Refusal::Concerns::kService && !given_up_) given_up_ = refusal.reason;
  }

  void look_for_any_row() {
    const bool missing = std::ranges::any_of(asked_, [](const auto& each) { return !each.second.has_value(); });
    if (!missing || service_->passes_row_level_security()) return finish(true);
    if (too_late()) return finish(std::unexpected(too_slow()));
    send(service_->request("GET", "/ml_orders?select=id&limit=1", {}),
         [self = shared_from_this()](const Answer& answer) {
           if (!answer) return self->finish(std::unexpected(no_answer(answer.error()).reason));
           const std::expected<bool, Refusal> any_row = read_any_row(*answer);
           if (!any_row) return self->finish(std::unexpected(any_row.error().reason));
           self->finish(*any_row);
         });
  }

  /// `any_row`: whether the table shows any row at all, or why that could not be found out.
  void finish(const std::expected<bool, NoRecipients>& any_row) {
    std::vector<Found> answers;
    answers.reserve(tasks_.size());
    for (const store::NotifyTask& task : tasks_) {
      if (auto none = without_order(task)) {
        answers.emplace_back(std::unexpected(std::move(*none)));
        continue;
      }
      const std::optional<Found>& found = asked_.at(comparable_id(task.order_id));
      if (found) {
        answers.push_back(*found);
      } else if (!any_row) {
        answers.emplace_back(std::unexpected(any_row.error()));
      } else {
        answers.emplace_back(
            std::unexpected(*any_row ? service_->not_found(task.order_id) : service_->hidden(task.order_id)));
      }
    }
    done_(std::move(answers));
  }

  http::Client& client_;
  std::shared_ptr<const Service> service_;
  const std::vector<store::NotifyTask>& tasks_;
  Done done_;
  SteadyTime begin_no_more_after_;
  std::deque<Ids> questions_;
  std::size_t on_their_way_ = 0;
  std::map<std::string, std::optional<Found>> asked_;  ///< by comparable id; empty: not known yet, or not there
  std::optional<NoRecipients> given_up_;               ///< nobody is asked any more
};

class PostgrestRecipients final : public RecipientFinder {
 public:
  PostgrestRecipients(http::Client& client, std::shared_ptr<const Service> service)
      : client_(client), service_(std::move(service)) {}

  void find(const std::vector<store::NotifyTask>& tasks, std::function<void(std::vector<Found>)> done) override {
    std::make_shared<Inquiry>(client_, service_, tasks, std::move(done))->start();
  }

 private:
  http::Client& client_;
  std::shared_ptr<const Service> service_;
};

bool fits_a_header(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

Result<std::unique_ptr<RecipientFinder>> make_postgrest_recipients(http::Client& client, PostgrestOptions options) {
  if (options.key.empty()) {
    return fail("supa_key_missing", "SUPA_URL is set without a key: set SUPA_KEY to the service's service_role key.");
  }
  if (!fits_a_header(options.key)) {
    return fail("supa_key_invalid", "SUPA_KEY holds blanks, control characters or others that no key has.");
  }
  if (options.use_rpc && options.rpc_token.empty()) {
    return fail("rpc_token_missing",
                "NOTIFY_WORKER_USE_RLS_SAFE_RPC is true without a token: set NOTIFY_WORKER_RPC_TOKEN to the one that "
                "notify_get_order_recipients asks for.");
  }
  auto base = http::parse_url(options.url);
  if (!base) return std::unexpected(base.error());
  if (base->target.contains('?')) return fail("url_invalid", "SUPA_URL must have no query.");
  while (base->target.ends_with('/')) base->target.pop_back();
  if (!base->target.ends_with(kApiPath)) base->target += kApiPath;

  const auto token = verify::read_jwt(options.key);
  Service service{.options = std::move(options), .base = std::move(*base), .role = {}};
  if (token) service.role = token->claims.role;
  return std::make_unique<PostgrestRecipients>(client, std::make_shared<const Service>(std::move(service)));
}

}  // namespace yizhan::notify
