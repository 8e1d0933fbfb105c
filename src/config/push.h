// How notifications reach phones, and who may register one, as it is configured: the section [push]. What is made of
// it is in push/ and in the push server.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "config/server_section.h"
#include "domain/policy.h"

namespace yizhan::config {

/// What delivers to the devices.
enum class PushChannel {
  kNone,           ///< nothing: notifications wait
  kCloudFunction,  ///< a cloud function that calls uni-push
  kGetui,          ///< Getui, the service under uni-push
};

struct PushSection {
  ServerSection server;
  /// After load() never a guess: where nothing was said, what the other settings allow.
  PushChannel channel = PushChannel::kNone;
  bool enable_consumer = true;  ///< false: notifications are kept and not sent

  /// Of the deliveries, one for each notification and device. After load() its retry_schedule is the three retry
  /// settings below, one delay for each of max_retries.
  DeliveryPolicy policy{.timeout = Milliseconds{10000}, .poll_interval = Milliseconds{2000}, .batch_size = 100};
  Milliseconds retry_initial{2000};
  double retry_factor = 2;
  Milliseconds retry_max{60000};

  Seconds wait_for_device{86400};           ///< a notification that finds no device waits this long for one
  Seconds message_ttl{86400};               ///< the push service keeps a message this long for a device that is offline
  std::size_t title_limit = 20;             ///< characters
  std::size_t content_limit = 50;           ///< characters
  std::size_t payload_limit = 800;          ///< bytes
  std::vector<std::string> outbound_allow;  ///< networks that the channel may be in, beside outbound.allow

  std::string cloud_function_url;
  std::string token;       ///< tells the cloud function who calls
  std::string token_file;  ///< already read into `token`

  std::string getui_app_id;
  std::string getui_app_key;
  std::string getui_master_secret;
  std::string getui_master_secret_file;  ///< already read into `getui_master_secret`
  std::string getui_base_url = "https://restapi.getui.com/v2";
  std::size_t getui_batch = 200;  ///< messages in one call

  std::string jwt_secret;       ///< of the anon and service_role tokens; empty: no token is taken, API keys only
  std::string jwt_secret_file;  ///< already read into `jwt_secret`

  bool operator==(const PushSection&) const = default;
};

}  // namespace yizhan::config
