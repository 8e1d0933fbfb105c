#include "app/notifications.h"

#include <utility>

#include "app/networks.h"
#include "base/log.h"
#include "notify/postgrest.h"
#include "push/cloud_function.h"
#include "push/getui.h"

namespace yizhan::app {
namespace {

Result<notify::Templates> make_templates(const config::Config& config) {
  std::vector<notify::Template> configured;
  for (const config::NotifyTemplate& each : config.notify_templates) {
    configured.push_back({.status_code = each.status,
                          .audience = each.audience,
                          .title = each.title,
                          .body = each.body,
                          .safe_text = each.safe_text,
                          .silent = each.silent});
  }
  return notify::Templates::make(std::move(configured), config.notify.language == config::NotifyLanguage::kEnglish
                                                            ? notify::Language::kEnglish
                                                            : notify::Language::kChinese);
}

Result<std::unique_ptr<notify::RecipientFinder>> make_recipients(http::Client& client, const config::Config& config) {
  const config::NotifySection& section = config.notify;
  if (section.supa_url.empty()) return std::make_unique<notify::LocalRecipients>();
  auto networks = shared_networks(section.outbound_allow);
  if (!networks) return std::unexpected(std::move(networks.error()));
  notify::PostgrestOptions options;
  options.url = section.supa_url;
  options.key = section.supa_key;
  options.use_bearer = section.supa_use_bearer;
  options.use_rpc = section.use_rls_safe_rpc;
  options.rpc_token = section.rpc_token;
  options.timeout = section.supa_timeout;
  options.extra_networks = std::move(*networks);
  return notify::make_postgrest_recipients(client, std::move(options));
}

}  // namespace

Result<std::unique_ptr<push::Channel>> make_channel(http::asio::io_context& io, http::Client& client,
                                                    const config::Config& config) {
  const config::PushSection& section = config.push;
  auto networks = shared_networks(section.outbound_allow);
  if (!networks) return std::unexpected(std::move(networks.error()));
  switch (section.channel) {
    case config::PushChannel::kNone:
      return nullptr;
    case config::PushChannel::kCloudFunction: {
      push::CloudFunctionOptions options;
      options.url = section.cloud_function_url;
      options.token = section.token;
      options.timeout = section.policy.timeout;
      options.extra_networks = std::move(*networks);
      return push::make_cloud_function(client, std::move(options));
    }
    case config::PushChannel::kGetui: {
      push::GetuiOptions options;
      options.base_url = section.getui_base_url;
      options.app_id = section.getui_app_id;
      options.app_key = section.getui_app_key;
      options.master_secret = section.getui_master_secret;
      options.timeout = section.policy.timeout;
      options.batch = section.getui_batch;
      options.time_to_live = section.message_ttl;
      options.extra_networks = std::move(*networks);
      return push::make_getui(io, client, std::move(options));
    }
  }
  return nullptr;
}

Result<std::unique_ptr<Notifications>> Notifications::make(Parts parts, const config::Config& config) {
  auto templates = make_templates(config);
  if (!templates) return std::unexpected(std::move(templates.error()));
  auto recipients = make_recipients(parts.client, config);
  if (!recipients) return std::unexpected(std::move(recipients.error()));
  std::unique_ptr<Notifications> made(new Notifications(std::move(*templates)));
  made->counted_before_ = parts.counted_before;
  made->recipients_ = std::move(*recipients);
  notify::NotifyOptions notify_options;
  notify_options.batch_size = config.notify.batch_size;
  made->step_ = std::make_unique<notify::NotifyStep>(parts.io, parts.commits, *made->recipients_, made->templates_,
                                                     std::move(notify_options));
  made->notify_loop_ = std::make_unique<StepLoop>(
      parts.io, [self = made.get()](auto done) { self->notify(std::move(done)); }, config.notify.poll_interval);
  if (!parts.endpoint_key || !config.push.enable_consumer) return made;

  store::FanOutOptions fan_out_options;
  fan_out_options.wait_for_device = config.push.wait_for_device;
  fan_out_options.endpoint_key = *parts.endpoint_key;
  made->fan_out_ = std::make_unique<push::FanOut>(
      parts.io, parts.commits, fan_out_options,
      push::TextLimits{
          .title = config.push.title_limit, .content = config.push.content_limit, .payload = config.push.payload_limit},
      std::move(parts.deliveries_made));
  made->fan_out_loop_ = std::make_unique<StepLoop>(
      parts.io, [fan_out = made->fan_out_.get()](auto done) { fan_out->run(std::move(done)); },
      config.push.policy.poll_interval);
  return made;
}

notify::NotifyCounters Notifications::counters() const {
  notify::NotifyCounters all = counted_before_;
  const notify::NotifyCounters& own = step_->counters();
  all.queued += own.queued;
  all.skipped += own.skipped;
  all.failed += own.failed;
  all.put_off += own.put_off;
  return all;
}

void Notifications::notify(std::move_only_function<void(StepResult)> done) {
  step_->run([this, queued_before = step_->counters().queued, done = std::move(done)](StepResult result) mutable {
    // PostgreSQL tells of new notifications by itself; the embedded store has nobody to tell.
    if (step_->counters().queued != queued_before) wake_fan_out();
    done(result);
  });
}

void Notifications::start() {
  notify_loop_->start();
  if (fan_out_loop_) {
    fan_out_loop_->start();
  } else {
    log::info("push_off",
              {{"reason", "no push channel is configured, or enable_consumer is false: notifications wait"}});
  }
}

void Notifications::stop(std::function<void()> done) {
  notify_loop_->stop([this, done = std::move(done)]() mutable {
    if (!fan_out_loop_) return done();
    fan_out_loop_->stop(std::move(done));
  });
}

}  // namespace yizhan::app
