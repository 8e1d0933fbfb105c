// Words for what the notify step, the fan-out, the push server and the dispatcher do with notifications and devices.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "contract_test.h"

namespace yizhan::store::contract {

inline constexpr std::int64_t kPushEndpoint = 4722;

/// Of user `user-1`, about parcel `SF1`.
NewNotification notification(std::string message_id);
NewNotification notification(std::string message_id, Audience audience, std::string recipient_id);

class PushDesk {
 public:
  explicit PushDesk(Node& node) : node_(node) {}

  FanOutOptions options{
      .notifications = 200, .devices = 2000, .wait_for_device = Seconds{86400}, .endpoint_key = kPushEndpoint};

  NotificationView add(const NewNotification& notification);
  RegisteredDevice register_device(std::string cid, std::string user_id, std::string merchant_id = {});
  Device device(const std::string& cid);
  FanOutReply fan_out();
  /// Until nothing is due any more; answers the deliveries that were made.
  int fan_out_all();

  NotificationView view(std::string_view message_id);
  std::vector<DeliveryView> deliveries(std::string_view message_id);
  /// `delivered`, `failed`, … of the device; empty when it has no delivery.
  std::string outcome(std::string_view message_id, std::string_view cid);

  /// What is due of the push platform.
  std::vector<ClaimedEvent> claim();
  /// The cid that a claimed event goes to.
  static std::string cid_of(const ClaimedEvent& claimed);
  AttemptRecord result(const ClaimedEvent& claimed, EventStatus next_status, ErrorClass error_class);
  RecordReply deliver(const ClaimedEvent& claimed);
  RecordReply retry(const ClaimedEvent& claimed);
  RecordReply bury(const ClaimedEvent& claimed, ErrorClass error_class = ErrorClass::kPushRefused);
  /// Sends everything that is due, with success.
  void deliver_all();

  /// `processing 3/1/0`: send_status, targets, delivered, failed; fails the test unless the sums are those of the
  /// deliveries.
  std::string sum(std::string_view message_id);

 private:
  Node& node_;
};

class PushContract : public Contract {
 protected:
  /// SQL as the runbook has it. The tests' schema in PostgreSQL is not `public`.
  SqlResult runbook(std::string text);

  PushDesk desk_{node_};
};

}  // namespace yizhan::store::contract
