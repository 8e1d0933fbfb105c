#include "app/networks.h"

namespace yizhan::app {

Result<std::vector<http::Network>> parse_networks(const std::vector<std::string>& texts) {
  std::vector<http::Network> parsed;
  for (const std::string& text : texts) {
    auto network = http::parse_network(text);
    if (!network) return std::unexpected(std::move(network.error()));
    parsed.push_back(*network);
  }
  return parsed;
}

Result<std::shared_ptr<const std::vector<http::Network>>> shared_networks(const std::vector<std::string>& texts) {
  if (texts.empty()) return nullptr;
  auto parsed = parse_networks(texts);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  return std::make_shared<const std::vector<http::Network>>(std::move(*parsed));
}

}  // namespace yizhan::app
