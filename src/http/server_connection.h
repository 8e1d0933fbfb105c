// One connection of the server: reads requests, hands them over one at a time, writes the answers in order.
//
//   kHead ─▶ kBody | kChunks ─▶ kHandling ─answer─▶ kHead …        (keep-alive, pipelining)
//     └──────────┴─ refused, timed out, last answer ─▶ kDraining ─▶ kClosed
//
// While a request is handled nothing is read, so the views into the buffer stay valid and a pipelining peer is held
// back by TCP. After the last answer the sending side is shut and what still comes in is dropped for a moment: closing
// at once would reset the connection and could take the answer away from the peer.
//
// Runs on the io_context thread; only answer_dropped() may be called from elsewhere.
#pragma once

#include <boost/intrusive/list.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "http/chunked_body.h"
#include "http/request_head.h"
#include "http/server.h"
#include "http/server_tls.h"

namespace yizhan::http {

struct ServerCore;

using ListHook = boost::intrusive::list_base_hook<boost::intrusive::tag<struct OpenTag>,
                                                  boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
using WaitingHook = boost::intrusive::list_base_hook<boost::intrusive::tag<struct WaitingTag>,
                                                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

class Responder::Connection : public ListHook,
                              public WaitingHook,
                              public std::enable_shared_from_this<Responder::Connection> {
 public:
  Connection(std::shared_ptr<ServerCore> core, TcpSocket socket, const asio::ip::address& peer);

  void start();
  /// The request in hand is answered.
  void answer(const ServerResponse& response);
  /// Its responder is gone without an answer. Any thread.
  void answer_dropped();
  /// Ends what has taken too long.
  void check_deadline(std::int64_t now);
  /// Ends now if no request is in hand or coming in.
  void stop_if_idle();
  void close();

  std::int64_t waiting_since() const { return waiting_since_; }
  const asio::ip::address& peer() const { return request_.peer; }

 private:
  enum class State { kHead, kBody, kChunks, kHandling, kDraining, kClosed };
  enum class Step { kNeedMore, kComplete, kRefused };

  void advance();
  Step take_head();
  Step take_body();
  Step take_chunks();
  void handle();
  void finish_request();
  Step refuse(const Refusal& refusal);
  Step take_memory(std::size_t body_bytes, Step otherwise);
  void append_answer(const ServerResponse& response);

  std::span<char> read_target();
  void commit_read(std::size_t count);
  bool pull_decrypted();
  void start_read();
  void on_read(ErrorCode error, std::size_t count);
  bool flush();
  void start_write();
  void on_written(ErrorCode error, std::size_t count);
  void wait_for_peer();
  void begin_drain();
  void begin_waiting();
  bool is_idle() const;

  std::string_view pending() const { return {buffer_.get() + begin_, end_ - begin_}; }

  std::shared_ptr<ServerCore> core_;
  TcpSocket socket_;
  std::unique_ptr<TlsSession> tls_;
  std::unique_ptr<char[]> tls_input_;

  State state_ = State::kHead;
  bool reading_ = false;       ///< a read is under way
  bool writing_ = false;       ///< a write is under way; wire_ must not be touched
  bool in_handler_ = false;    ///< answer() must not go on by itself
  bool closing_ = false;       ///< the last answer is in out_ or sent
  bool head_begun_ = false;    ///< the head's deadline is running
  std::int64_t deadline_ = 0;  ///< coarse milliseconds
  std::int64_t waiting_since_ = 0;

  /// Bytes as read, [begin_, end_) not yet used. The head of the request in hand stays in place until it is answered.
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t request_length_ = 0;  ///< of the request in hand, as far as it is in the buffer
  HeadScanner scanner_;
  Framing framing_;
  ServerRequest request_;
  std::size_t body_have_ = 0;
  std::size_t body_memory_ = 0;  ///< what it counts for in ServerCounters::body_bytes

  ChunkedBody chunked_;
  std::string chunk_input_;
  std::size_t chunk_have_ = 0;

  std::string out_;   ///< answers not yet handed to the socket, in clear
  std::string wire_;  ///< what a write under way sends
  std::size_t sent_ = 0;
  std::size_t drained_ = 0;
};

}  // namespace yizhan::http
