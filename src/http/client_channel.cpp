#include "http/client_channel.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "http/tcp_acknowledged.h"

namespace yizhan::http {
namespace {

constexpr std::size_t kFirstCapacity = 8192;
constexpr std::size_t kCipherCapacity = 16384;
/// Plain bytes that are encrypted ahead of what the socket takes.
constexpr std::size_t kEncryptedAhead = 65536;
/// Head and body up to this size become one TLS record; larger ones are not worth the copy.
constexpr std::size_t kOneRecord = 16384;

}  // namespace

Channel::Channel(asio::io_context& io, const tcp::endpoint& peer, std::unique_ptr<TlsFilter> tls)
    : socket_(io.get_executor()),
      peer_(peer),
      tls_(std::move(tls)),
      buffer_(std::make_unique_for_overwrite<char[]>(kFirstCapacity)),
      capacity_(kFirstCapacity) {
  if (tls_ != nullptr) cipher_ = std::make_unique_for_overwrite<char[]>(kCipherCapacity);
}

std::string Channel::peer_text() const {
  const std::string address = peer_.address().to_string();
  return fmt::format(fmt::runtime(peer_.address().is_v6() ? "[{}]:{}" : "{}:{}"), address, peer_.port());
}

void Channel::open() {
  stage_ = Stage::kConnecting;
  ErrorCode error;
  socket_.open(peer_.protocol(), error);
  if (!error) socket_.native_non_blocking(true, error);
  // A request is written whole: nothing is gained by holding back its last segment.
  if (!error) socket_.set_option(tcp::no_delay(true), error);
  if (error) {
    asio::post(socket_.get_executor(), [self = shared_from_this(), error] { self->connected(error); });
    return;
  }
  socket_.async_connect(peer_, [self = shared_from_this()](ErrorCode result) { self->connected(result); });
}

void Channel::connected(ErrorCode error) {
  if (stage_ != Stage::kConnecting) return;
  if (error) {
    close(false);
    on_open_failed({ErrorClass::kConnect, fmt::format("no connection to {}: {}", peer_text(), error.message())});
    return;
  }
  if (tls_ == nullptr) {
    stage_ = Stage::kOpen;
    const auto self = shared_from_this();
    on_open();
    if (is_open()) start_read();
    return;
  }
  stage_ = Stage::kHandshake;
  shake_hands();
  if (is_connected()) start_read();
}

void Channel::shake_hands() {
  const TlsFilter::Step step = tls_->handshake();
  // Also after a failure: the alert tells the peer why.
  const bool flushed = flush();
  if (step == TlsFilter::Step::kDone) {
    stage_ = Stage::kOpen;
    on_open();
  } else if (step != TlsFilter::Step::kWantInput || !flushed) {
    const std::string reason = tls_->failure().empty() ? "connection lost" : tls_->failure();
    close(true);
    on_open_failed({ErrorClass::kTls, fmt::format("TLS handshake with {} failed: {}", peer_text(), reason)});
  }
}

void Channel::close(bool orderly) {
  if (stage_ == Stage::kClosed) return;
  if (writing()) orderly = false;
  if (orderly && stage_ == Stage::kOpen && tls_ != nullptr) {
    tls_->end();
    flush();
  }
  stage_ = Stage::kClosed;
  ErrorCode ignored;
  if (!orderly) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

// ---- Reading ----

void Channel::make_room() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (end_ == capacity_ && begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  } else if (end_ == capacity_) {
    // A line longer than the buffer; whoever reads it gives up at its own limit.
    auto larger = std::make_unique_for_overwrite<char[]>(capacity_ * 2);
    std::memcpy(larger.get(), buffer_.get(), end_);
    buffer_ = std::move(larger);
    capacity_ *= 2;
  }
}

void Channel::start_read() {
  asio::mutable_buffer target;
  if (tls_ == nullptr) {
    make_room();
    target = asio::buffer(buffer_.get() + end_, capacity_ - end_);
  } else {
    target = asio::buffer(cipher_.get(), kCipherCapacity);
  }
  socket_.async_read_some(
      target, [self = shared_from_this()](ErrorCode error, std::size_t count) { self->read_done(error, count); });
}

void Channel::read_done(ErrorCode error, std::size_t count) {
  if (stage_ == Stage::kClosed) return;
  if (error) {
    const bool eof = error == asio::error::eof;
    return ended(eof ? EndKind::kPeerClosed : EndKind::kBroken, eof ? "connection closed" : error.message());
  }
  if (tls_ == nullptr) {
    end_ += count;
    on_data();
  } else {
    read_cipher(count);
  }
  if (is_connected()) start_read();
}

void Channel::read_cipher(std::size_t count) {
  tls_->feed({cipher_.get(), count});
  if (stage_ == Stage::kHandshake) shake_hands();
  while (is_open()) {
    make_room();
    std::size_t plain = 0;
    const TlsFilter::Step step = tls_->read(buffer_.get() + end_, capacity_ - end_, plain);
    switch (step) {
      case TlsFilter::Step::kDone:
        end_ += plain;
        on_data();
        break;
      case TlsFilter::Step::kWantInput:
        flush();  // reading may have had to answer: key updates
        return;
      case TlsFilter::Step::kEnded:
        return ended(EndKind::kPeerClosed, "connection closed");
      case TlsFilter::Step::kFailed:
        flush();
        return ended(EndKind::kTlsFailure, tls_->failure());
    }
  }
}

void Channel::ended(EndKind kind, const std::string& what) {
  if (stage_ == Stage::kHandshake) {
    close(false);
    on_open_failed({ErrorClass::kTls, fmt::format("TLS handshake with {} failed: {}", peer_text(), what)});
    return;
  }
  on_end(kind, what);
  // A peer that closed has nothing more to say: without this a derived class that only takes note would leave us deaf.
  close(kind == EndKind::kPeerClosed);
}

// ---- Writing ----

bool Channel::write(std::string_view first, std::string_view second) {
  sent_before_ = sent_total_;
  unsent_ = {first, second};
  const bool alive = flush();
  return alive || sent_total_ > sent_before_;
}

/// Makes records of what is unsent, once those made before are gone. False when the connection is beyond use.
bool Channel::encrypt_some() {
  std::string& records = tls_->output();
  if (sent_ < records.size()) return true;
  if (unsent_[0].size() + unsent_[1].size() <= kOneRecord && !unsent_[1].empty()) {
    std::array<char, kOneRecord> record;
    std::size_t length = 0;
    for (std::string_view& part : unsent_) {
      std::memcpy(record.data() + length, part.data(), part.size());
      length += part.size();
      part = {};
    }
    return tls_->write({record.data(), length});
  }
  for (std::string_view& part : unsent_) {
    while (!part.empty() && records.size() < kEncryptedAhead) {
      const std::size_t length = std::min(part.size(), kOneRecord);
      if (!tls_->write(part.substr(0, length))) return false;
      part.remove_prefix(length);
    }
  }
  return true;
}

bool Channel::send_some(bool& would_block) {
  std::array<iovec, 2> parts{};
  std::size_t count = 0;
  const auto add = [&](std::string_view bytes) {
    // The kernel does not write to what it is given here.
    if (!bytes.empty()) parts[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
  };
  if (tls_ != nullptr) {
    add(std::string_view(tls_->output()).substr(sent_));
  } else {
    for (const std::string_view part : unsent_) add(part);
  }
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
  if (sent < 0) {
    would_block = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOBUFS;
    return would_block;
  }
  auto taken = static_cast<std::size_t>(sent);
  sent_total_ += taken;
  if (tls_ != nullptr) {
    sent_ += taken;
    if (sent_ == tls_->output().size()) {
      tls_->output().clear();
      sent_ = 0;
    }
    return true;
  }
  for (std::string_view& part : unsent_) {
    const std::size_t length = std::min(part.size(), taken);
    part.remove_prefix(length);
    taken -= length;
  }
  return true;
}

/// Sends as much as the socket takes and waits for it to take the rest. False when the connection is dead for writing;
/// what the peer sent before may still be read, and its end is met there.
bool Channel::flush() {
  if (write_failed_) return false;
  bool would_block = false;
  while (true) {
    if (tls_ != nullptr && !encrypt_some()) break;
    if (!writing()) return true;
    if (!send_some(would_block)) break;
    if (would_block) {
      wait_writable();
      return true;
    }
  }
  write_failed_ = true;
  return false;
}

void Channel::wait_writable() {
  if (waits_writable_) return;
  waits_writable_ = true;
  socket_.async_wait(TcpSocket::wait_write, [self = shared_from_this()](ErrorCode error) {
    self->waits_writable_ = false;
    if (!error && self->is_connected()) self->flush();
  });
}

bool Channel::nothing_acknowledged() {
  if (write_failed_ || sent_before_ == 0) return false;
  // Compared for equality, so that a system that does not count is never taken for proof.
  return tcp_bytes_acknowledged(socket_.native_handle()) == sent_before_ + 1;
}

}  // namespace yizhan::http
