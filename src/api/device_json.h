// Devices, as phones register them and as answers show them.
//
//   {"cid": "…", "user_id"?, "merchant_id"?, "platform"?, "appid"? ("default")}
//
// Fields that are not known are passed over: what is installed on phones may send more.
#pragma once

#include <array>
#include <string_view>

#include "api/selection_request.h"
#include "base/json_writer.h"
#include "store/push.h"

namespace yizhan::api {

/// Texts of a device, in bytes.
struct DeviceLimits {
  static constexpr std::size_t kAppid = 64;
  static constexpr std::size_t kCid = 128;
  static constexpr std::size_t kOwner = 255;
  static constexpr std::size_t kPlatform = 64;
};

/// Codes `json_invalid`, `field_missing`, `field_invalid`; the message names the field.
Result<store::DeviceRegistration> read_registration(std::string_view body);
/// The same fields, of which only cid and appid count.
struct DeviceName {
  std::string appid;
  std::string cid;
};
Result<DeviceName> read_device_name(std::string_view body);

/// The parameters' names that read_device_selection() and read_page() know.
inline constexpr std::array<std::string_view, 7> kDeviceParameters{"user_id", "merchant_id", "cid",  "appid",
                                                                   "active",  "limit",       "after"};
/// Code `parameter_invalid`.
Result<store::DeviceSelection> read_device_selection(const QueryParameters& parameters);

/// The members of a device into an object that is open.
void write_device_members(JsonWriter& writer, const store::Device& device);
/// One object.
void write_device(JsonWriter& writer, const store::Device& device);

}  // namespace yizhan::api
