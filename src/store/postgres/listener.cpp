#include "store/postgres/listener.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>

#include "base/log.h"
#include "store/postgres/connection.h"

namespace yizhan::store::postgres {
namespace {

constexpr int kFirstPauseMilliseconds = 100;
constexpr int kLongestPauseMilliseconds = 2000;

/// A payload that is no number tells that something changed, not where.
std::int64_t endpoint_of(std::string_view payload) {
  std::int64_t key = kUnrouted;
  const auto [end, error] = std::from_chars(payload.data(), payload.data() + payload.size(), key);
  return error == std::errc{} && end == payload.data() + payload.size() ? key : kUnrouted;
}

}  // namespace

Listener::Listener(std::string url, std::function<void(std::int64_t)> on_news)
    : url_(std::move(url)), on_news_(std::move(on_news)), end_(::eventfd(0, EFD_CLOEXEC)) {
  if (end_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "store news");
}

Listener::~Listener() {
  const std::uint64_t one = 1;
  // An eventfd takes a one at any time.
  static_cast<void>(!::write(end_, &one, sizeof one));
  thread_.join();
  ::close(end_);
}

void Listener::run() {
  int pause = 0;
  while (!ending(-1, pause)) {
    listened_ = false;
    listen();
    pause =
        listened_ ? kFirstPauseMilliseconds : std::clamp(2 * pause, kFirstPauseMilliseconds, kLongestPauseMilliseconds);
  }
}

void Listener::listen() {
  auto connection = Connection::open(url_, Connection::Purpose::kReader);
  if (!connection || !connection->execute("LISTEN yizhan_outbox")) return;
  listened_ = true;
  // What was said before, or while nobody listened, is unknown.
  on_news_(kUnrouted);
  while (!ending(connection->socket(), -1)) {
    if (PQconsumeInput(connection->raw()) != 1) {
      log::warning("news_interrupted", {{"reason", "the connection to PostgreSQL was lost; it is made again"}});
      return;
    }
    while (PGnotify* notification = PQnotifies(connection->raw())) {
      const std::int64_t endpoint_key = endpoint_of(notification->extra);
      PQfreemem(notification);
      on_news_(endpoint_key);
    }
  }
}

bool Listener::ending(int socket, int milliseconds) {
  pollfd waited[] = {{end_, POLLIN, 0}, {socket, POLLIN, 0}};
  while (::poll(waited, 2, milliseconds) < 0 && errno == EINTR) {
  }
  return (waited[0].revents & POLLIN) != 0;
}

}  // namespace yizhan::store::postgres
