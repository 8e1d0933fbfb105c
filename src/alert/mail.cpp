#include "alert/mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "alert/mime.h"

namespace yizhan::alert {
namespace {

class MailChannel final : public Channel {
 public:
  MailChannel(http::asio::io_context& io, MailOptions options)
      : io_(io),
        options_(std::move(options)),
        endpoint_url_(fmt::format("{}://{}:{}", options_.server.tls == SmtpTls::kImplicit ? "smtps" : "smtp",
                                  options_.server.host, options_.server.port)),
        session_(std::make_shared<SmtpSession>(options_.server)),
        thread_([this] { run(); }) {}

  ~MailChannel() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    arrived_.notify_one();
    session_->stop();
    thread_.join();
  }

  const std::string& endpoint_url() const override { return endpoint_url_; }

  void send(Message message, Done done) override {
    const SteadyTime deadline = std::chrono::steady_clock::now() + options_.timeout;
    auto timer = std::make_unique<http::Timer>(io_, deadline);
    timer->async_wait([weak = std::weak_ptr(session_)](http::ErrorCode error) {
      if (error) return;
      if (const auto session = weak.lock()) session->cut_overdue(std::chrono::steady_clock::now());
    });
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back({std::move(message), std::move(done), deadline, std::move(timer)});
    }
    arrived_.notify_one();
  }

 private:
  struct Job {
    Message message;
    Done done;
    SteadyTime deadline;
    std::unique_ptr<http::Timer> timer;  // the I/O thread's: it is only carried around here
  };

  void run() {
    for (;;) {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      AttemptOutcome outcome = session_->send(envelope(job.message), job.deadline);
      http::asio::post(
          io_, [done = std::move(job.done), timer = std::move(job.timer), outcome = std::move(outcome)]() mutable {
            timer.reset();
            done(std::move(outcome));
          });
    }
  }

  SmtpEnvelope envelope(const Message& message) const {
    const Words words = words_of(message.alert, options_.language);
    return {.from = options_.from,
            .to = options_.to,
            .message = mime_message({.from = options_.from,
                                     .to = options_.to,
                                     .subject = words.title(),
                                     .text = words.plain_text(),
                                     .id = message.event_id,
                                     .thread = message.alert.id,
                                     .date = utc_now()})};
  }

  http::asio::io_context& io_;
  const MailOptions options_;
  const std::string endpoint_url_;
  const std::shared_ptr<SmtpSession> session_;  // the thread's; it is cut off from the I/O thread
  std::mutex mutex_;                            // guards what follows
  std::condition_variable arrived_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace

std::unique_ptr<Channel> make_mail(http::asio::io_context& io, MailOptions options) {
  return std::make_unique<MailChannel>(io, std::move(options));
}

}  // namespace yizhan::alert
