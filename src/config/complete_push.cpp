// What [notify] and [push] come to when every input has been read: the channel where none was named, the delays between
// retries, and what must hold between settings.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "config/draft.h"
#include "config/secret_files.h"

namespace yizhan::config {
namespace {

struct Needed {
  std::string_view key;
  const std::string& value;
  std::string_view file{};  ///< one that was named, and could not be read, has been reported
};

/// What a section cannot do without, once one of its settings is used. Beside a running service, or on a node that does
/// something else, it may be known elsewhere only.
void check_needed(Draft& draft, const Completion& how, std::initializer_list<Needed> all, std::string_view why) {
  if (!how.serving || !draft.config().roles.push) return;
  for (const Needed& each : all) {
    if (each.value.empty() && each.file.empty())
      draft.refuse_value(std::string(each.key), fmt::format("must be set: {}.", why));
  }
}

void choose_channel(Draft& draft) {
  PushSection& push = draft.config().push;
  if (draft.was_given("push.channel")) return;
  if (!push.cloud_function_url.empty()) {
    push.channel = PushChannel::kCloudFunction;
    draft.set_origin("push.channel", draft.origin("push.cloud_function_url"));
    if (!push.getui_app_id.empty()) {
      draft.warn("push.getui_app_id",
                 "has no effect while push.cloud_function_url is set. Set push.channel to choose.");
    }
  } else if (!push.getui_app_id.empty()) {
    push.channel = PushChannel::kGetui;
    draft.set_origin("push.channel", draft.origin("push.getui_app_id"));
  }
}

/// retry_initial, times retry_factor each time, up to retry_max; whole seconds, rounded up.
std::vector<Seconds> retry_delays(const PushSection& push) {
  std::vector<Seconds> delays;
  const auto longest = static_cast<double>(push.retry_max.count());
  double delay = static_cast<double>(push.retry_initial.count());
  // The last one repeats, so one is needed even for no retry at all.
  for (int i = 0; i < std::max(1, push.policy.max_retries); ++i) {
    delays.emplace_back(static_cast<std::int64_t>(std::ceil(std::min(delay, longest) / 1000)));
    delay = std::min(delay * push.retry_factor, longest);
  }
  return delays;
}

}  // namespace

void complete_notify(Draft& draft, const Completion& how) {
  NotifySection& notify = draft.config().notify;
  collect_secret(draft, how, "notify.supa_key", notify.supa_key, "notify.supa_key_file", notify.supa_key_file);
  collect_secret(draft, how, "notify.rpc_token", notify.rpc_token, "notify.rpc_token_file", notify.rpc_token_file);
  if (notify.supa_url.empty()) {
    if (notify.use_rls_safe_rpc) {
      draft.warn("notify.use_rls_safe_rpc", "has no effect while notify.supa_url is not set.");
    }
    return;
  }
  check_needed(draft, how, {{"notify.supa_key", notify.supa_key, notify.supa_key_file}},
               "notify.supa_url takes no question without a key");
  if (!notify.use_rls_safe_rpc) return;
  check_needed(draft, how, {{"notify.rpc_token", notify.rpc_token, notify.rpc_token_file}},
               "the function notify_get_order_recipients answers nobody without its token");
}

void complete_push(Draft& draft, const Completion& how) {
  PushSection& push = draft.config().push;
  collect_secret(draft, how, "push.token", push.token, "push.token_file", push.token_file);
  collect_secret(draft, how, "push.getui_master_secret", push.getui_master_secret, "push.getui_master_secret_file",
                 push.getui_master_secret_file);
  collect_secret(draft, how, "push.jwt_secret", push.jwt_secret, "push.jwt_secret_file", push.jwt_secret_file);
  choose_channel(draft);
  if (push.channel == PushChannel::kCloudFunction) {
    check_needed(draft, how, {{"push.cloud_function_url", push.cloud_function_url}},
                 "push.channel is cloud-function, and that is where it is");
  }
  if (push.channel == PushChannel::kGetui) {
    check_needed(draft, how,
                 {{"push.getui_app_id", push.getui_app_id},
                  {"push.getui_app_key", push.getui_app_key},
                  {"push.getui_master_secret", push.getui_master_secret, push.getui_master_secret_file}},
                 "push.channel is getui, which knows an app by its id, key and master secret");
  }
  if (push.retry_max < push.retry_initial) {
    draft.refuse_value("push.retry_max_ms", fmt::format("{} must not be less than push.retry_initial_ms, which is {}.",
                                                        push.retry_max.count(), push.retry_initial.count()));
  }
  push.policy.retry_schedule = retry_delays(push);
}

}  // namespace yizhan::config
