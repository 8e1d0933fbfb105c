// A connection of the client's as a stream of bytes, plain or TLS: connects to one vetted address, shakes hands, writes
// a request's two parts without copying them, and reads always, so that whatever the peer does (answer early, close,
// reset) is known at once. What the bytes mean is the derived class's business (client_connection.h).
//
// The hot path is two system calls a request: one gathering write, tried at once, and one read.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "domain/attempt.h"
#include "http/asio.h"
#include "http/client.h"
#include "http/tls_filter.h"

namespace yizhan::http {

class Channel : public std::enable_shared_from_this<Channel> {
 public:
  /// Plain when `tls` is null.
  Channel(asio::io_context& io, const tcp::endpoint& peer, std::unique_ptr<TlsFilter> tls);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Connects; on_open() or on_open_failed() follows, never before this returns.
  void open();
  bool is_open() const { return stage_ == Stage::kOpen; }
  /// TCP stands; the handshake may be under way.
  bool is_connected() const { return stage_ == Stage::kHandshake || stage_ == Stage::kOpen; }
  /// `192.0.2.1:443`, `[2001:db8::1]:443`
  std::string peer_text() const;
  const tcp::endpoint& peer() const { return peer_; }
  bool tls_resumed() const { return tls_ != nullptr && tls_->resumed(); }

  /// No callback follows. Orderly: the peer is told (close_notify, FIN), unless a request is half written. Otherwise it
  /// gets a reset, and what it has not read is dropped at once instead of occupying the kernel.
  void close(bool orderly);

 protected:
  ~Channel() = default;

  enum class EndKind {
    kPeerClosed,  ///< a FIN, or TLS close_notify
    kBroken,      ///< reset or another error; `what` says which
    kTlsFailure,  ///< the peer's records were not acceptable, or it sent an alert
  };

  virtual void on_open() = 0;
  virtual void on_open_failed(Failure failure) = 0;
  /// Bytes came: see unread(). May close the channel.
  virtual void on_data() = 0;
  /// Nothing more comes. The channel is not closed yet.
  virtual void on_end(EndKind kind, const std::string& what) = 0;

  /// Starts to write; `first` and `second` must stay until writing() is false or the channel is closed. False when the
  /// connection is dead and the kernel took not one byte.
  bool write(std::string_view first, std::string_view second);
  bool writing() const {
    return !unsent_[0].empty() || !unsent_[1].empty() || (tls_ != nullptr && sent_ < tls_->output().size());
  }
  /// Of the last write(), the peer's kernel provably had received nothing when it closed. See client_connection.cpp.
  bool nothing_acknowledged();

  std::string_view unread() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t count) { begin_ += count; }

 private:
  enum class Stage { kNew, kConnecting, kHandshake, kOpen, kClosed };

  void connected(ErrorCode error);
  void shake_hands();
  void start_read();
  void read_done(ErrorCode error, std::size_t count);
  void read_cipher(std::size_t count);
  void ended(EndKind kind, const std::string& what);
  void make_room();
  bool flush();
  bool encrypt_some();
  bool send_some(bool& would_block);
  void wait_writable();

  TcpSocket socket_;
  const tcp::endpoint peer_;
  std::unique_ptr<TlsFilter> tls_;
  Stage stage_ = Stage::kNew;

  std::unique_ptr<char[]> buffer_;  // received, plain; [begin_, end_) is unread
  std::size_t capacity_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::unique_ptr<char[]> cipher_;  // received, TLS only

  std::array<std::string_view, 2> unsent_;  // plain bytes not yet sent, or not yet encrypted
  std::size_t sent_ = 0;                    // TLS only: bytes of the filter's output that are sent
  std::uint64_t sent_total_ = 0;            // bytes that the kernel took
  std::uint64_t sent_before_ = 0;           // sent_total_ when the last write() began
  bool write_failed_ = false;
  bool waits_writable_ = false;
};

}  // namespace yizhan::http
