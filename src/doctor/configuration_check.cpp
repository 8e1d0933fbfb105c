#include "doctor/configuration_check.h"

#include <fmt/format.h>

#include "app/check.h"

namespace yizhan::doctor {
namespace {

bool verifies(const config::Source& source) {
  return !source.secrets.empty() || !source.public_keys.empty() || !source.certificates.empty();
}

void judge_secrets(const config::Config& config, std::vector<Finding>& findings) {
  for (const config::Source& source : config.sources) {
    if (!source.enabled || verifies(source)) continue;
    findings.push_back(found(symptom("secret_missing"), fmt::format("sources.{}", source.name),
                             "It has no secret to check callbacks by: it is served on loopback only, and anybody there "
                             "can make one up.",
                             fmt::format("set sources.{}.secret, or secret_files", source.name)));
  }
  for (const config::Platform& platform : config.platforms) {
    const bool unsigned_meant = platform.signing.scheme == SigningScheme::kNone;
    if (!platform.enabled || unsigned_meant || !platform.signing.secrets.empty()) continue;
    findings.push_back(found(symptom("secret_missing"), fmt::format("platforms.{}", platform.name),
                             "It is to be signed for, and has no secret.",
                             fmt::format("set platforms.{0}.secret, or signing = \"none\" if {0} asks "
                                         "for no signature",
                                         platform.name)));
  }
}

}  // namespace

std::vector<Finding> judge_configuration(const Installation& installation, const std::vector<Error>& refused) {
  std::vector<Finding> findings;
  for (const std::string& problem : installation.problems) {
    findings.push_back(
        found(symptom("configuration_invalid"), "", problem, "'yizhan config check' says what is allowed"));
  }
  for (const Error& error : refused) {
    const bool credentials = error.code == "credentials_required";
    findings.push_back(found(credentials ? symptom("credentials_required") : symptom("configuration_invalid"),
                             std::string(error.code), error.message,
                             credentials ? "yizhan keys create NAME; or listen on 127.0.0.1"
                                         : "correct the setting; 'yizhan config check' tries it"));
  }
  judge_secrets(installation.config, findings);
  for (const std::string& warning : installation.warnings) {
    findings.push_back(
        found(symptom("configuration_doubtful"), "", warning, "'yizhan config show' names where it is set"));
  }
  return findings;
}

void check_configuration(const Installation& installation, Notes& notes) {
  std::vector<Error> refused;
  if (const auto checked = app::check(installation.config); !checked) refused.push_back(checked.error());
  if (installation.store != nullptr) {
    if (const auto keys = notes.look(installation.store->api_keys())) {
      if (const auto open = app::check_credentials(installation.config, *keys); !open) refused.push_back(open.error());
    }
  } else {
    notes.skip("API keys: the store cannot be read");
  }
  notes.add(judge_configuration(installation, refused));
}

}  // namespace yizhan::doctor
