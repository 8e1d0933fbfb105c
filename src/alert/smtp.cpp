#include "alert/smtp.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <optional>

#include "base/secrets.h"
#include "base/utf8.h"

namespace yizhan::alert {
namespace {

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;
using List = std::unique_ptr<curl_slist, FreeList>;

std::optional<http::asio::ip::address> address_of(const curl_sockaddr& given) {
  namespace ip = http::asio::ip;
  if (given.family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &given.addr, sizeof v4);
    return ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (given.family == AF_INET6) {
    sockaddr_in6 v6{};
    static_assert(sizeof(sockaddr_storage) >= sizeof v6);
    std::memcpy(&v6, static_cast<const void*>(&given.addr), std::min<std::size_t>(sizeof v6, given.addrlen));
    ip::address_v6::bytes_type bytes{};
    std::memcpy(bytes.data(), v6.sin6_addr.s6_addr, bytes.size());
    return ip::address_v6(bytes);
  }
  return std::nullopt;
}

/// The connection that is open, so that it can be cut from another thread.
class Line {
 public:
  void begin(SteadyTime deadline) {
    const std::lock_guard lock(mutex_);
    deadline_ = deadline;
    overdue_ = false;
  }
  int open(int socket) {
    const std::lock_guard lock(mutex_);
    return socket_ = socket;
  }
  int close(int socket) {
    const std::lock_guard lock(mutex_);
    if (socket_ == socket) socket_ = kNone;
    return ::close(socket);
  }
  void cut() {
    const std::lock_guard lock(mutex_);
    cut_locked();
  }
  void cut_overdue(SteadyTime now) {
    const std::lock_guard lock(mutex_);
    if (now < deadline_) return;
    overdue_ = true;
    cut_locked();
  }
  /// The deadline was over before the send() was.
  bool overdue() const {
    const std::lock_guard lock(mutex_);
    return overdue_;
  }

 private:
  static constexpr int kNone = -1;

  // The descriptor stays libcurl's to close: what waits on it sees an end.
  void cut_locked() {
    if (socket_ != kNone) ::shutdown(socket_, SHUT_RDWR);
  }

  mutable std::mutex mutex_;  // guards what follows
  int socket_ = kNone;
  SteadyTime deadline_ = SteadyTime::max();
  bool overdue_ = false;
};

/// One mail on its way: what libcurl's callbacks look at and leave behind.
struct Transfer {
  const SmtpServer& server;
  Line& line;
  std::string_view message;
  std::size_t sent = 0;
  std::string replies{};            // the first of them, for the record
  std::string last_reply{};         // a final line: `250 2.0.0 taken`
  bool replied_to_message = false;  // a reply came after the last byte was handed over
  std::string refused_address{};    // why, where the guard refused one
  bool connected = false;

  bool whole_message_sent() const { return sent == message.size(); }
};

std::size_t read_message(char* buffer, std::size_t size, std::size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  const std::size_t length = std::min(size * count, transfer.message.size() - transfer.sent);
  std::memcpy(buffer, transfer.message.data() + transfer.sent, length);
  transfer.sent += length;
  return length;
}

/// libcurl hands the server's replies over as headers, one line a call.
std::size_t keep_reply(char* data, std::size_t size, std::size_t count, void* context) {
  constexpr std::size_t kFinalMark = 3;  // `250 ` ends a reply, `250-` goes on
  auto& transfer = *static_cast<Transfer*>(context);
  std::string_view line(data, size * count);
  if (transfer.replies.size() < kStoredResponseBytes) transfer.replies += line;
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() <= kFinalMark || line[kFinalMark] == ' ') {
    transfer.last_reply = line;
    if (transfer.whole_message_sent()) transfer.replied_to_message = true;
  }
  return size * count;
}

curl_socket_t open_vetted(void* context, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(context);
  const auto target = address_of(*address);
  const std::string_view refusal =
      target ? transfer.server.guard.refusal(*target, transfer.server.extra_networks.get()) : "no internet address";
  if (!refusal.empty()) {
    transfer.refused_address = fmt::format("{} is not allowed: {}", target ? target->to_string() : "", refusal);
    return CURL_SOCKET_BAD;
  }
  transfer.connected = true;
  return transfer.line.open(::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol));
}

int close_socket(void* context, curl_socket_t socket) {
  return static_cast<Line*>(context)->close(socket);
}

List list_of(const std::vector<std::string>& texts) {
  List list;
  for (const std::string& text : texts) {
    const std::string address = fmt::format("<{}>", text);
    list.reset(curl_slist_append(list.release(), address.c_str()));
  }
  return list;
}

Easy prepare(const SmtpServer& server, const SmtpEnvelope& envelope, const List& recipients, Milliseconds timeout,
             Transfer& transfer, std::array<char, CURL_ERROR_SIZE>& error_text) {
  Easy easy(curl_easy_init());
  const auto set = [&easy](auto option, auto value) { curl_easy_setopt(easy.get(), option, value); };
  const bool implicit = server.tls == SmtpTls::kImplicit;
  const bool is_v6 = server.host.contains(':');
  set(CURLOPT_URL, fmt::format("{}://{}{}{}:{}", implicit ? "smtps" : "smtp", is_v6 ? "[" : "", server.host,
                               is_v6 ? "]" : "", server.port)
                       .c_str());
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!server.ca_file.empty()) set(CURLOPT_CAINFO, server.ca_file.c_str());
  if (!server.user.empty()) {
    set(CURLOPT_USERNAME, server.user.c_str());
    set(CURLOPT_PASSWORD, server.password.c_str());
  }
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(timeout.count(), 1)));
  set(CURLOPT_MAIL_FROM, fmt::format("<{}>", envelope.from).c_str());
  set(CURLOPT_MAIL_RCPT, recipients.get());
  set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(envelope.message.size()));
  set(CURLOPT_READFUNCTION, &read_message);
  set(CURLOPT_READDATA, &transfer);
  set(CURLOPT_HEADERFUNCTION, &keep_reply);
  set(CURLOPT_HEADERDATA, &transfer);
  set(CURLOPT_OPENSOCKETFUNCTION, &open_vetted);
  set(CURLOPT_OPENSOCKETDATA, &transfer);
  set(CURLOPT_CLOSESOCKETFUNCTION, &close_socket);
  set(CURLOPT_CLOSESOCKETDATA, &transfer.line);
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_ERRORBUFFER, error_text.data());
  return easy;
}

ErrorClass class_of_failure(CURLcode result, int code, const Transfer& transfer) {
  if (!transfer.refused_address.empty() && !transfer.connected) return ErrorClass::kBlockedAddress;
  if (transfer.whole_message_sent() && !transfer.replied_to_message) return ErrorClass::kAlertUnconfirmed;
  if (transfer.line.overdue()) return ErrorClass::kTimeout;
  switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return ErrorClass::kDns;
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorClass::kTimeout;
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
      return ErrorClass::kTls;
    default:
      break;
  }
  if (code >= 500) return ErrorClass::kAlertRefused;
  if (code >= 400) return ErrorClass::kAlertFailed;
  return ErrorClass::kConnect;
}

std::string explain(CURLcode result, ErrorClass error_class, const Transfer& transfer, const char* error_text) {
  if (error_class == ErrorClass::kBlockedAddress) return transfer.refused_address;
  if (error_class == ErrorClass::kAlertUnconfirmed) {
    return "the mail went out to its end, and no reply came to it: it may have been taken";
  }
  const std::string_view said = transfer.last_reply;
  if (error_class == ErrorClass::kAlertRefused || error_class == ErrorClass::kAlertFailed) {
    return fmt::format("the mail server said: {}", one_line(said, 200));
  }
  return one_line(*error_text != '\0' ? error_text : curl_easy_strerror(result), 200);
}

void initialise_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

struct SmtpSession::Handles {
  Line line;  // outlives the connections that multi closes
  std::unique_ptr<CURLM, FreeMulti> multi;
};

SmtpSession::SmtpSession(SmtpServer server) : server_(std::move(server)) {
  initialise_curl();
  handles_ = std::make_unique<Handles>();
  handles_->multi.reset(curl_multi_init());
}

SmtpSession::~SmtpSession() = default;

void SmtpSession::stop() {
  stopped_ = true;
  handles_->line.cut();
  curl_multi_wakeup(handles_->multi.get());
}

void SmtpSession::cut_overdue(SteadyTime now) {
  handles_->line.cut_overdue(now);
}

AttemptOutcome SmtpSession::send(const SmtpEnvelope& envelope, SteadyTime deadline) {
  constexpr int kLongestWaitMilliseconds = 1000;
  CURLM* multi = handles_->multi.get();
  AttemptOutcome outcome;
  outcome.started_at = utc_now();
  handles_->line.begin(deadline);
  const auto left = std::chrono::floor<Milliseconds>(deadline - std::chrono::steady_clock::now());
  Transfer transfer{.server = server_, .line = handles_->line, .message = envelope.message};
  std::array<char, CURL_ERROR_SIZE> error_text{};
  const List recipients = list_of(envelope.to);
  const Easy easy = prepare(server_, envelope, recipients, left, transfer, error_text);
  curl_multi_add_handle(multi, easy.get());
  int running = 1;
  while (running > 0 && !stopped_) {
    if (curl_multi_perform(multi, &running) != CURLM_OK) break;
    if (running > 0) curl_multi_poll(multi, nullptr, 0, kLongestWaitMilliseconds, nullptr);
  }
  CURLcode result = CURLE_ABORTED_BY_CALLBACK;
  int queued = 0;
  while (const CURLMsg* ended = curl_multi_info_read(multi, &queued)) {
    if (ended->msg == CURLMSG_DONE) result = ended->data.result;
  }
  long code = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &code);
  curl_multi_remove_handle(multi, easy.get());

  Secrets secrets;
  secrets.add(server_.password);
  outcome.response_status = static_cast<int>(code);
  outcome.response_head = std::string(utf8_prefix(secrets.hide(transfer.replies), kStoredResponseBytes));
  if (result != CURLE_OK) {
    outcome.error_class = class_of_failure(result, outcome.response_status, transfer);
    outcome.error_message = secrets.hide(explain(result, outcome.error_class, transfer, error_text.data()));
  }
  outcome.duration = std::max(utc_now() - outcome.started_at, Microseconds{0});
  return outcome;
}

}  // namespace yizhan::alert
