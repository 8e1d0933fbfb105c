// What Getui is sent. Source: Getui, "REST API V2", push/single/cid, push/single/batch/cid, common parameters.
#pragma once

#include <string>

#include "base/clock.h"
#include "push/channel.h"

namespace yizhan::push {

/// The body of push/single/cid. `time_to_live` is cut to the three days that are allowed.
std::string getui_message(const Message& message, Seconds time_to_live);

/// The body of push/single/batch/cid, of bodies of getui_message(). Synchronous: the answer has each device's result.
class GetuiBatchBody {
 public:
  void add(std::string_view message_body);
  std::string finish() &&;

 private:
  std::string text_;
};

}  // namespace yizhan::push
