#include "drive/load.h"

#include <algorithm>
#include <limits>

namespace yizhan::bench {
namespace {

constexpr Moment kFarAway = std::numeric_limits<Moment>::max();

bool is_accepted(int status) {
  return status >= 200 && status < 300;
}

}  // namespace

class Load::Producer final : public Connection {
 public:
  Producer(Load& load, int descriptor) : Connection(load.poller_, descriptor), load_(load) {}

  void post(std::string_view request, EventNumber first) {
    first_ = first;
    busy_ = true;
    send(request);
  }
  bool busy() const { return busy_; }
  EventNumber first() const { return first_; }

 protected:
  void received(const Message& message) override {
    if (!busy_) return;
    busy_ = false;
    load_.idle_.push_back(this);
    load_.answered(first_, message.status(), message.body);
  }
  void ended() override { load_.lost(*this); }

 private:
  Load& load_;
  EventNumber first_ = 0;
  bool busy_ = false;
};

Load::Load(Poller& poller, EventBook& book, LoadOptions options)
    : poller_(poller), book_(book), options_(std::move(options)), requests_(make_requests(options_.shape)) {
  for (int i = 0; i < options_.connections; ++i) {
    producers_.push_back(std::make_unique<Producer>(*this, connect_to(options_.port)));
    idle_.push_back(producers_.back().get());
  }
}

Load::~Load() = default;

Moment Load::due_of(EventNumber ordinal) const {
  return started_ +
         static_cast<Moment>(static_cast<double>(ordinal) * kMicrosecondsPerSecond / options_.events_per_second);
}

bool Load::may_send() const {
  return !stopped_ && !idle_.empty() && (options_.total == 0 || sent_ < options_.total) &&
         (options_.window == 0 || book_.outstanding() < options_.window);
}

void Load::send_due() {
  const Moment time = now();
  if (started_ < 0) started_ = time;
  const bool open_loop = options_.events_per_second > 0;
  const int count = options_.shape.events_per_request;
  while (may_send() && (!open_loop || due_of(sent_ + count - 1) <= time)) {
    const EventNumber first = book_.next();
    for (int i = 0; i < count; ++i) book_.send(open_loop ? due_of(sent_ + i) : now());
    sent_ += count;
    Producer* producer = idle_.back();
    idle_.pop_back();
    producer->post(requests_->with_numbers(first), first);
  }
}

Moment Load::next_due() const {
  if (options_.events_per_second <= 0 || started_ < 0 || !may_send()) return kFarAway;
  return due_of(sent_ + options_.shape.events_per_request - 1);
}

bool Load::finished() const {
  return (stopped_ || (options_.total > 0 && sent_ >= options_.total)) && idle_.size() == producers_.size();
}

void Load::answered(EventNumber first, int status, std::string_view body) {
  ++answers_[status];
  const Moment time = now();
  const bool accepted = is_accepted(status);
  if (!accepted && first_refusal_.empty())
    first_refusal_ = std::to_string(status) + " " + std::string(body.substr(0, 300));
  for (int i = 0; i < options_.shape.events_per_request; ++i) {
    if (accepted) {
      book_.accept(first + i, time);
    } else {
      book_.refuse(first + i);
    }
  }
}

void Load::lost(Producer& producer) {
  if (producer.busy()) {
    answered(producer.first(), 0, "the connection ended before the answer");
  } else {
    std::erase(idle_, &producer);
  }
  const auto place = std::ranges::find(producers_, &producer, &std::unique_ptr<Producer>::get);
  *place = std::make_unique<Producer>(*this, connect_to(options_.port));
  idle_.push_back(place->get());
}

}  // namespace yizhan::bench
