#include "drive/sink.h"

#include <unistd.h>

#include "drive/express_text.h"

namespace yizhan::bench {
namespace {

constexpr std::string_view kSuccess = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr std::string_view kFailure = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 6\r\n\r\nfailed";

}  // namespace

class Sink::Receiver final : public Connection {
 public:
  Receiver(Sink& sink, int descriptor) : Connection(sink.poller_, descriptor), sink_(sink) {}

 protected:
  void received(const Message& message) override {
    if (!sink_.options_.push_number.empty()) {
      sink_.take_push(message);
      return send(push_success(message.body));
    }
    switch (sink_.take(message)) {
      case Answer::kSuccess:
        return send(kSuccess);
      case Answer::kFailure:
        return send(kFailure);
      case Answer::kNone:
        return;
    }
  }
  void ended() override { delete this; }

 private:
  Sink& sink_;
};

class Sink::Listener final : public Watched {
 public:
  explicit Listener(Sink& sink) : sink_(sink), descriptor_(listen_on(sink.options_.port)) {
    sink_.poller_.add(descriptor_, EPOLLIN, *this);
  }
  ~Listener() override { close(descriptor_); }

  void ready(std::uint32_t /*events*/) override {
    for (int connection = accept_from(descriptor_); connection >= 0; connection = accept_from(descriptor_)) {
      ++sink_.counts_.connections;
      new Receiver(sink_, connection);  // the connection's end is its own: it deletes itself
    }
  }

 private:
  Sink& sink_;
  int descriptor_;
};

Sink::Sink(Poller& poller, std::vector<EventBook*> books, SinkOptions options)
    : poller_(poller), books_(std::move(books)), options_(std::move(options)) {
  if (!options_.secret.empty()) key_.emplace(options_.secret);
  listener_ = std::make_unique<Listener>(*this);
}

Sink::~Sink() = default;

EventBook* Sink::book_of(EventNumber number) {
  for (EventBook* book : books_) {
    if (book->holds(number)) return book;
  }
  return books_.front();
}

Sink::Answer Sink::take(const Message& callback) {
  const Moment time = now();
  ++counts_.callbacks;
  const std::string_view target = callback.target();
  if (target.starts_with("/hang")) {
    ++counts_.held;
    return Answer::kNone;
  }
  const std::optional<EventNumber> number = number_in(callback.body);
  if (!number) {
    ++counts_.bad_bodies;
    return Answer::kSuccess;
  }
  if (options_.check_every > 0 && counts_.callbacks % options_.check_every == 0) check(callback, *number);
  if (target.starts_with("/fail-first") && fails_now(*number, time)) return Answer::kFailure;
  book_of(*number)->deliver(*number, time);
  return Answer::kSuccess;
}

void Sink::take_push(const Message& call) {
  const Moment time = now();
  ++counts_.callbacks;
  const std::optional<EventNumber> number = number_in_push(call.body, options_.push_number);
  const auto device = text_member(call.body, "push_clientid");
  // Without a device it would be shown on every phone.
  if (!number || !device || device->empty()) {
    ++counts_.bad_bodies;
    return;
  }
  book_of(*number)->deliver(*number, time);
}

void Sink::check(const Message& callback, EventNumber number) {
  ++counts_.checked;
  if (callback.body != payload_of(number)) ++counts_.bad_bodies;
  if (!key_) return;
  const std::string expected = key_->sign({callback.header("X-CS-Timestamp"), ".", callback.body});
  if (callback.header("X-CS-Signature") != expected) ++counts_.bad_signatures;
}

bool Sink::fails_now(EventNumber number, Moment time) {
  if (options_.fail_every <= 0 || number % options_.fail_every != 0) return false;
  const auto [place, first] = failed_at_.try_emplace(number, time);
  if (first) {
    ++counts_.failed_on_purpose;
    return true;
  }
  retried_after_.push_back(time - place->second);
  return false;
}

}  // namespace yizhan::bench
