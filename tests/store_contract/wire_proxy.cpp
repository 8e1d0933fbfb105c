#include "wire_proxy.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace yizhan::store::contract {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("socket path too long: " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

int make_socket() {
  return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// How the store says COMMIT: it binds the statement of that name, or parses the text (the message's length, an empty
// name, the text).
constexpr std::string_view kNamedCommit{"\0commit\0", 8};
constexpr std::string_view kCommitText{"\x0e\0COMMIT\0", 9};
constexpr std::string_view kSync{"S\0\0\0\4", 5};

}  // namespace

WireProxy::WireProxy(const std::string& server_directory)
    : server_directory_(server_directory),
      server_socket_(server_directory + "/.s.PGSQL.5432"),
      listener_(make_socket()),
      end_(::eventfd(0, EFD_CLOEXEC)) {
  const sockaddr_un address = address_of(folder_ / ".s.PGSQL.5432");
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_, 16) != 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  thread_ = std::thread([this] { run(); });
}

WireProxy::~WireProxy() {
  const std::uint64_t one = 1;
  if (::write(end_, &one, sizeof one) != sizeof one) std::abort();
  thread_.join();
  for (const Link& link : links_) {
    ::close(link.client);
    ::close(link.server);
  }
  ::close(listener_);
  ::close(end_);
}

std::string WireProxy::url(std::string of_server) const {
  return of_server.replace(of_server.find(server_directory_), server_directory_.size(), folder_.path().string());
}

void WireProxy::run() {
  while (true) {
    std::vector<pollfd> waited{{end_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const Link& link : links_) {
      waited.push_back({link.client, POLLIN, 0});
      waited.push_back({link.server, POLLIN, 0});
    }
    ::poll(waited.data(), waited.size(), -1);
    if (waited[0].revents != 0) return;
    std::vector<Link> kept;
    for (std::size_t i = 0; i < links_.size(); ++i) {
      Link& link = links_[i];
      bool lives = true;
      if (waited[2 + 2 * i].revents != 0) lives = from_client(link);
      if (lives && waited[3 + 2 * i].revents != 0) lives = from_server(link);
      if (lives) {
        kept.push_back(link);
      } else {
        ::close(link.client);
        ::close(link.server);
      }
    }
    links_ = std::move(kept);
    if (waited[1].revents != 0) take_connection();
  }
}

void WireProxy::take_connection() {
  Link link;
  link.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  link.server = make_socket();
  const sockaddr_un address = address_of(server_socket_);
  if (refuses_ || ::connect(link.server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(link.client);
    ::close(link.server);
    return;
  }
  links_.push_back(link);
  ++connections_;
}

bool WireProxy::from_client(Link& link) {
  char buffer[65536];
  const ssize_t count = ::recv(link.client, buffer, sizeof buffer, 0);
  if (count <= 0) return false;
  const std::string_view bytes(buffer, static_cast<std::size_t>(count));
  if (bytes.ends_with(kSync)) ++round_trips_;
  if (bytes.contains(kNamedCommit) || bytes.contains(kCommitText)) {
    const Cut where = cut_.exchange(Cut::kNever);
    link.in_silence = where == Cut::kBeforeCommitInSilence || where == Cut::kAfterCommitInSilence;
    link.answer_is_lost = where != Cut::kNever;
    if (where == Cut::kBeforeCommit || where == Cut::kBeforeCommitInSilence) return leave(link);
  }
  if (!send_all(link.server, bytes)) return false;
  return !link.in_silence || leave(link);
}

bool WireProxy::from_server(Link& link) {
  char buffer[65536];
  const ssize_t count = ::recv(link.server, buffer, sizeof buffer, 0);
  if (count <= 0) return false;
  if (link.answer_is_lost) return leave(link);
  return send_all(link.client, {buffer, static_cast<std::size_t>(count)});
}

bool WireProxy::leave(Link& link) {
  if (!link.in_silence) return false;
  if (link.client >= 0) ::close(link.client);
  link.client = -1;
  return true;
}

}  // namespace yizhan::store::contract
