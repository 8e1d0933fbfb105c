#include "http/server_connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <cstring>
#include <limits>

#include "base/log.h"
#include "http/coarse_clock.h"
#include "http/problem.h"
#include "http/server_core.h"

namespace yizhan::http {
namespace {

constexpr std::size_t kFirstBuffer = 4096;
constexpr std::size_t kReadBlockMax = 256 * 1024;
constexpr std::size_t kChunkBlock = 8192;
constexpr std::size_t kTlsInput = 17 * 1024;    // a TLS record and its header
constexpr std::size_t kFlushThreshold = 65536;  // answers to pipelined requests are gathered up to this
constexpr std::size_t kKeptCapacity = 65536;    // larger strings are given back after use
constexpr std::size_t kDrainLimit = 4 << 20;
constexpr std::int64_t kDrainMilliseconds = 2000;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

void give_back_if_large(std::string& text) {
  text.clear();
  if (text.capacity() > kKeptCapacity) text.shrink_to_fit();
}

}  // namespace

Responder::Connection::Connection(std::shared_ptr<ServerCore> core, TcpSocket socket, const asio::ip::address& peer)
    : core_(std::move(core)), socket_(std::move(socket)) {
  request_.peer = peer;
  if (core_->tls) {
    request_.tls = true;
    tls_ = std::make_unique<TlsSession>(core_->tls.get());
    tls_input_ = std::make_unique_for_overwrite<char[]>(kTlsInput);
  }
}

void Responder::Connection::start() {
  begin_waiting();
  deadline_ = waiting_since_ + core_->options.head_timeout.count();
  head_begun_ = true;
  start_read();
}

void Responder::Connection::begin_waiting() {
  waiting_since_ = coarse_milliseconds();
  deadline_ = waiting_since_ + core_->options.idle_timeout.count();
  head_begun_ = false;
  core_->waiting.push_back(*this);
}

/// Goes as far as the bytes at hand allow, then sends what was answered and waits for the peer.
void Responder::Connection::advance() {
  while (!writing_ && !closing_) {
    Step step = Step::kNeedMore;
    switch (state_) {
      case State::kHead:
        step = take_head();
        break;
      case State::kBody:
        step = take_body();
        break;
      case State::kChunks:
        step = take_chunks();
        break;
      case State::kHandling:
        flush();
        return;
      case State::kDraining:
      case State::kClosed:
        return;
    }
    if (step == Step::kRefused) break;
    if (step == Step::kNeedMore) {
      if (tls_ && pull_decrypted()) continue;
      break;
    }
    handle();
    if (out_.size() >= kFlushThreshold && !flush()) return;
  }
  if (state_ != State::kClosed && flush()) wait_for_peer();
}

Responder::Connection::Step Responder::Connection::take_head() {
  if (begin_ == end_) return Step::kNeedMore;
  const auto length = scanner_.scan(pending(), core_->options.head_limit);
  if (!length) return refuse(length.error());
  if (*length == 0) {
    if (!head_begun_) {
      head_begun_ = true;
      deadline_ = coarse_milliseconds() + core_->options.head_timeout.count();
    }
    return Step::kNeedMore;
  }
  const std::string_view head = pending().substr(0, *length);
  if (auto refusal = parse_head(head, core_->options.field_limit, request_, framing_)) return refuse(*refusal);
  WaitingHook::unlink();
  ++core_->counters.requests;
  request_length_ = *length;
  if (framing_.content_length > core_->options.body_limit) {
    return refuse({"body_too_large", "the limit is " + std::to_string(core_->options.body_limit) + " bytes"});
  }
  body_have_ = 0;
  const std::string_view rest = pending().substr(*length);
  if (framing_.chunked) {
    state_ = State::kChunks;
    chunk_input_.assign(rest);
    chunk_have_ = rest.size();
    request_length_ += rest.size();
  } else {
    state_ = State::kBody;
    body_have_ = static_cast<std::size_t>(std::min<std::uint64_t>(framing_.content_length, rest.size()));
    request_.body.assign(rest.substr(0, body_have_));
    request_length_ += body_have_;
  }
  const Step step = framing_.chunked ? take_chunks() : take_body();
  if (step == Step::kNeedMore) {
    deadline_ = coarse_milliseconds() + core_->options.body_timeout.count();
    if (framing_.expect_continue && rest.empty()) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  return step;
}

Responder::Connection::Step Responder::Connection::take_body() {
  if (body_have_ < framing_.content_length) return take_memory(body_have_, Step::kNeedMore);
  request_.body.resize(body_have_);
  return take_memory(body_have_, Step::kComplete);
}

Responder::Connection::Step Responder::Connection::take_chunks() {
  const auto progress =
      chunked_.take(std::string_view(chunk_input_).substr(0, chunk_have_), request_.body, core_->options.body_limit);
  if (!progress) return refuse(progress.error());
  chunk_input_.erase(0, progress->used);
  chunk_have_ -= progress->used;
  return take_memory(request_.body.size() + chunk_have_, progress->complete ? Step::kComplete : Step::kNeedMore);
}

/// Counts what the body takes until it is answered, and refuses it when that is too much.
Responder::Connection::Step Responder::Connection::take_memory(std::size_t body_bytes, Step otherwise) {
  std::size_t& all = core_->counters.body_bytes;
  all += body_bytes - body_memory_;
  body_memory_ = body_bytes;
  if (all <= core_->options.body_memory_limit || body_bytes <= kSmallBody) return otherwise;
  return refuse({"memory_limit", ""});
}

void Responder::Connection::handle() {
  state_ = State::kHandling;
  deadline_ = kNever;
  in_handler_ = true;
  try {
    core_->handler(request_, Responder(shared_from_this()));
  } catch (const std::exception& exception) {
    log::error("http_handler_threw", {{"path", request_.path}, {"what", exception.what()}});
  }
  in_handler_ = false;
}

void Responder::Connection::answer(const ServerResponse& response) {
  if (state_ != State::kHandling) return;
  append_answer(response);
  finish_request();
  if (!in_handler_) advance();
}

void Responder::Connection::answer_dropped() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->answer(problem_response(server_problem("internal_error"), "", self->request_.path));
  });
}

void Responder::Connection::append_answer(const ServerResponse& response) {
  closing_ = response.close || !framing_.keep_alive || core_->stopping;
  const auto field = closing_            ? ConnectionField::kClose
                     : framing_.http_1_0 ? ConnectionField::kKeepAlive
                                         : ConnectionField::kNone;
  ++core_->counters.responses_by_class[static_cast<std::size_t>(std::clamp(response.status / 100, 0, 5))];
  append_response(out_, response, core_->date.now(), field, request_.method == "HEAD");
}

void Responder::Connection::finish_request() {
  begin_ += request_length_;
  request_length_ = 0;
  take_memory(0, Step::kComplete);
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (capacity_ > kFirstBuffer) {
      buffer_.reset();
      capacity_ = 0;
    }
  }
  if (chunk_have_ > 0) {
    // Bytes after the last chunk begin the next request; all that was in the buffer had gone into chunk_input_.
    capacity_ = std::max(kFirstBuffer, chunk_have_);
    buffer_ = std::make_unique_for_overwrite<char[]>(capacity_);
    std::memcpy(buffer_.get(), chunk_input_.data(), chunk_have_);
    begin_ = 0;
    end_ = chunk_have_;
  }
  chunk_have_ = 0;
  give_back_if_large(chunk_input_);
  chunked_.reset();
  scanner_.reset();
  give_back_if_large(request_.body);
  state_ = State::kHead;
  begin_waiting();
}

/// Answers a request that is no proper one, and ends the connection: where the next request begins is not known.
Responder::Connection::Step Responder::Connection::refuse(const Refusal& refusal) {
  const bool late = refusal.code == "request_timeout";
  const bool overload = refusal.code == "memory_limit";
  if (!overload) ++(late ? core_->counters.timed_out_requests : core_->counters.malformed_requests);
  framing_ = Framing{.keep_alive = false};
  request_.method = {};
  request_.body = {};
  chunk_input_ = {};
  take_memory(0, Step::kRefused);
  ServerResponse response = problem_response(server_problem(refusal.code), refusal.detail);
  if (overload) response.extra_header_lines = "Retry-After: 1\r\n";
  append_answer(response);
  return Step::kRefused;
}

/// Room for bytes of the kind that is due next.
std::span<char> Responder::Connection::read_target() {
  if (state_ == State::kBody) {
    const std::size_t left = static_cast<std::size_t>(framing_.content_length) - body_have_;
    // Memory follows what has really arrived, not what was announced.
    const std::size_t block = std::min(left, std::clamp(body_have_, kChunkBlock, kReadBlockMax));
    if (request_.body.size() < body_have_ + block) request_.body.resize(body_have_ + block);
    return {request_.body.data() + body_have_, block};
  }
  if (state_ == State::kChunks) {
    if (chunk_input_.size() < chunk_have_ + kChunkBlock) chunk_input_.resize(chunk_have_ + kChunkBlock);
    return {chunk_input_.data() + chunk_have_, kChunkBlock};
  }
  if (begin_ > 0 && end_ == capacity_) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == capacity_) {
    const std::size_t grown = std::max(kFirstBuffer, capacity_ * 2);
    auto larger = std::make_unique_for_overwrite<char[]>(grown);
    if (end_ > 0) std::memcpy(larger.get(), buffer_.get(), end_);
    buffer_ = std::move(larger);
    capacity_ = grown;
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

void Responder::Connection::commit_read(std::size_t count) {
  if (state_ == State::kBody) {
    body_have_ += count;
  } else if (state_ == State::kChunks) {
    chunk_have_ += count;
  } else {
    end_ += count;
  }
}

bool Responder::Connection::pull_decrypted() {
  std::size_t count = 0;
  switch (tls_->pull(read_target(), count)) {
    case TlsSession::Pull::kData:
      commit_read(count);
      return true;
    case TlsSession::Pull::kNeedMore:
      return false;
    case TlsSession::Pull::kClosed:
    case TlsSession::Pull::kFailed:
      closing_ = true;
      return false;
  }
  return false;
}

void Responder::Connection::start_read() {
  if (reading_) return;
  reading_ = true;
  const std::span<char> target = state_ == State::kDraining ? std::span(core_->garbage)
                                 : tls_                     ? std::span(tls_input_.get(), kTlsInput)
                                                            : read_target();
  socket_.async_read_some(
      asio::buffer(target.data(), target.size()),
      [self = shared_from_this()](const ErrorCode& error, std::size_t count) { self->on_read(error, count); });
}

void Responder::Connection::on_read(ErrorCode error, std::size_t count) {
  reading_ = false;
  if (state_ == State::kClosed) return;
  if (error) return close();
  if (state_ == State::kDraining) {
    drained_ += count;
    return drained_ > kDrainLimit ? close() : start_read();
  }
  if (tls_) {
    tls_->feed({tls_input_.get(), count});
  } else {
    commit_read(count);
  }
  advance();
}

/// True when everything has been handed to the socket.
bool Responder::Connection::flush() {
  if (writing_) return false;
  std::string* wire = &out_;
  if (tls_) {
    if (!out_.empty() && !tls_->push(out_)) {
      close();
      return false;
    }
    out_.clear();
    wire = &tls_->output;
  }
  if (wire->empty()) return true;
  ssize_t sent = 0;
  do {
    sent = ::send(socket_.native_handle(), wire->data(), wire->size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent == static_cast<ssize_t>(wire->size())) {
    give_back_if_large(*wire);
    return true;
  }
  if (sent < 0 && errno != EAGAIN) {
    close();
    return false;
  }
  wire_.swap(*wire);
  sent_ = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  start_write();
  return false;
}

void Responder::Connection::start_write() {
  writing_ = true;
  deadline_ = coarse_milliseconds() + core_->options.write_timeout.count();
  socket_.async_write_some(
      asio::buffer(wire_.data() + sent_, wire_.size() - sent_),
      [self = shared_from_this()](const ErrorCode& error, std::size_t count) { self->on_written(error, count); });
}

void Responder::Connection::on_written(ErrorCode error, std::size_t count) {
  writing_ = false;
  if (state_ == State::kClosed) return;
  if (error) return close();
  sent_ += count;
  if (sent_ < wire_.size()) return start_write();
  give_back_if_large(wire_);
  const auto now = coarse_milliseconds();
  deadline_ = state_ == State::kHandling ? kNever
              : state_ == State::kHead   ? now + core_->options.idle_timeout.count()
                                         : now + core_->options.body_timeout.count();
  advance();
}

void Responder::Connection::wait_for_peer() {
  if (closing_) return begin_drain();
  if (core_->stopping && is_idle()) return close();  // its answer was under way when the stop began
  start_read();
}

bool Responder::Connection::is_idle() const {
  return state_ == State::kHead && begin_ == end_ && !writing_;
}

void Responder::Connection::begin_drain() {
  WaitingHook::unlink();
  if (tls_) {
    tls_->close();
    const std::string& farewell = tls_->output;
    ::send(socket_.native_handle(), farewell.data(), farewell.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  ErrorCode ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  state_ = State::kDraining;
  deadline_ = coarse_milliseconds() + kDrainMilliseconds;
  start_read();
}

void Responder::Connection::check_deadline(std::int64_t now) {
  if (now < deadline_) return;
  const bool request_begun =
      (state_ == State::kHead && end_ > begin_) || state_ == State::kBody || state_ == State::kChunks;
  if (writing_ || closing_ || !request_begun) return close();
  refuse({"request_timeout", state_ == State::kHead ? "the head is incomplete" : "the body is incomplete"});
  advance();
}

void Responder::Connection::stop_if_idle() {
  if (is_idle() || state_ == State::kDraining) close();
}

void Responder::Connection::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  take_memory(0, Step::kComplete);
  ErrorCode ignored;
  socket_.close(ignored);
  WaitingHook::unlink();
  ListHook::unlink();
  core_->closed(*this);
}

Responder::Responder(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
Responder::Responder(Responder&&) noexcept = default;

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    if (connection_) connection_->answer_dropped();
    connection_ = std::move(other.connection_);
  }
  return *this;
}

Responder::~Responder() {
  if (connection_) connection_->answer_dropped();
}

void Responder::answer(const ServerResponse& response) {
  if (const auto connection = std::move(connection_)) connection->answer(response);
}

}  // namespace yizhan::http
