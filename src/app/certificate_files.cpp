#include "app/certificate_files.h"

#include <fmt/format.h>

namespace yizhan::app {

std::vector<CertificateFile> certificate_files(const config::Config& config) {
  std::vector<CertificateFile> files;
  const auto add = [&](std::string setting, const std::string& path) {
    if (!path.empty()) files.push_back({std::move(setting), path});
  };
  if (config.roles.console) add("api.certificate_file", config.api.certificate_file);
  if (config.roles.receive) add("receive.certificate_file", config.receive.server.certificate_file);
  if (config.roles.push) add("push.certificate_file", config.push.server.certificate_file);
  for (const config::Platform& platform : config.platforms) {
    if (!platform.enabled) continue;
    add(fmt::format("platforms.{}.ca_file", platform.name), platform.ca_file);
    add(fmt::format("platforms.{}.client_certificate_file", platform.name), platform.client_certificate_file);
  }
  for (const config::Source& source : config.sources) {
    if (!source.enabled) continue;
    for (const std::string& path : source.certificate_files) {
      add(fmt::format("sources.{}.certificate_files", source.name), path);
    }
  }
  return files;
}

}  // namespace yizhan::app
