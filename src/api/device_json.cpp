#include "api/device_json.h"

#include <fmt/format.h>

#include "api/field_text.h"
#include "base/json_scan.h"

namespace yizhan::api {

Result<store::DeviceRegistration> read_registration(std::string_view body) {
  store::DeviceRegistration device;
  const TextField fields[] = {{"cid", DeviceLimits::kCid, &device.cid},
                              {"appid", DeviceLimits::kAppid, &device.appid},
                              {"user_id", DeviceLimits::kOwner, &device.user_id},
                              {"merchant_id", DeviceLimits::kOwner, &device.merchant_id},
                              {"platform", DeviceLimits::kPlatform, &device.platform}};
  const std::string default_appid = device.appid;
  json::ObjectReader reader(body);
  while (true) {
    const auto member = reader.next();
    if (!member) return std::unexpected(member.error());
    if (!*member) break;
    if (const auto set = set_one_of(fields, **member); !set) return std::unexpected(set.error());
  }
  if (device.cid.empty()) return fail("field_missing", "'cid' is missing: the push service gives it to the phone");
  if (device.appid.empty()) device.appid = default_appid;
  return device;
}

Result<DeviceName> read_device_name(std::string_view body) {
  auto device = read_registration(body);
  if (!device) return std::unexpected(std::move(device.error()));
  return DeviceName{std::move(device->appid), std::move(device->cid)};
}

Result<store::DeviceSelection> read_device_selection(const QueryParameters& parameters) {
  store::DeviceSelection selection{.appid = std::string(parameters["appid"]),
                                   .cid = std::string(parameters["cid"]),
                                   .user_id = std::string(parameters["user_id"]),
                                   .merchant_id = std::string(parameters["merchant_id"])};
  const std::string_view active = parameters["active"];
  if (active == "true" || active == "1") selection.active = true;
  if (active == "false" || active == "0") selection.active = false;
  if (!active.empty() && !selection.active) {
    return fail("parameter_invalid", fmt::format("'active' is '{}'; it must be true or false", active));
  }
  return selection;
}

void write_device_members(JsonWriter& writer, const store::Device& device) {
  writer.text("id", device.id).text("appid", device.appid).text("cid", device.cid);
  writer.text_or_null("user_id", device.user_id).text_or_null("merchant_id", device.merchant_id);
  writer.text_or_null("platform", device.platform).boolean("is_active", device.is_active);
  writer.text_or_null("inactive_reason", device.inactive_reason).time("last_seen_at", device.last_seen_at);
  writer.time("created_at", device.created_at).time("updated_at", device.updated_at);
}

void write_device(JsonWriter& writer, const store::Device& device) {
  writer.begin_object();
  write_device_members(writer, device);
  writer.end_object();
}

}  // namespace yizhan::api
