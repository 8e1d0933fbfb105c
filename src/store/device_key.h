// A device as one text: appid, a line end, cid. The order of fan-outs and of deliveries() is that of the two.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace yizhan::store {

inline std::string device_key(std::string_view appid, std::string_view cid) {
  return std::string(appid).append("\n").append(cid);
}

/// appid and cid; both empty for an empty text, before which there is no device.
inline std::pair<std::string_view, std::string_view> split_device_key(std::string_view key) {
  const auto end = key.find('\n');
  if (end == std::string_view::npos) return {};
  return {key.substr(0, end), key.substr(end + 1)};
}

}  // namespace yizhan::store
