#include "config/secret_files.h"

#include <fmt/format.h>

namespace yizhan::config {
namespace {

constexpr std::size_t kMostSecrets = 8;

/// Nothing, with a problem where it matters, when the file cannot be read.
std::optional<std::string> read(Draft& draft, const Completion& how, const std::string& files_key,
                                const std::string& path, std::string_view holds) {
  auto text = how.read_file(path);
  if (text) return std::move(*text);
  if (how.serving) {
    draft.refuse("config_file_unreadable",
                 fmt::format("{} ({}): {}: {}. It must hold {}.", files_key, draft.origin(files_key).where, path,
                             text.error().message, holds));
  }
  return std::nullopt;
}

}  // namespace

void collect_secrets(Draft& draft, const Completion& how, const std::string& secrets_key,
                     std::vector<std::string>& secrets, const std::string& files_key, std::vector<std::string>& files) {
  const Origin in_files = draft.origin(files_key);
  if (draft.was_given(secrets_key) && draft.was_given(files_key)) {
    const Origin in_texts = draft.origin(secrets_key);
    if (in_texts.kind > in_files.kind) files.clear();
    if (in_files.kind > in_texts.kind) secrets.clear();
  }
  for (const std::string& path : files) {
    auto secret = read(draft, how, files_key, path, "one secret");
    if (!secret) continue;
    while (secret->ends_with('\n') || secret->ends_with('\r')) secret->pop_back();
    secret = draft.opened(files_key, {.kind = in_files.kind, .where = path}, std::move(*secret), how.serving);
    if (!secret) continue;
    if (!kSecretText.matches(*secret)) {
      draft.refuse_value(files_key, fmt::format("the file {} must hold one secret in one line.", path));
      continue;
    }
    secrets.push_back(std::move(*secret));
    draft.set_origin(secrets_key, in_files);
  }
  if (secrets.size() > kMostSecrets) {
    draft.refuse_value(secrets_key, fmt::format("with those in files there are {}; at most {} are allowed.",
                                                secrets.size(), kMostSecrets));
  }
}

void collect_secret(Draft& draft, const Completion& how, const std::string& secret_key, std::string& secret,
                    const std::string& file_key, std::string& file) {
  const bool both = !secret.empty() && !file.empty();
  if (both && draft.origin(secret_key).kind == draft.origin(file_key).kind) {
    return draft.refuse_value(file_key, fmt::format("{} is set too. Keep one of them.", secret_key));
  }
  std::vector<std::string> secrets, files;
  if (!secret.empty()) secrets.push_back(std::move(secret));
  if (!file.empty()) files.push_back(std::move(file));
  collect_secrets(draft, how, secret_key, secrets, file_key, files);
  secret = secrets.empty() ? "" : std::move(secrets.front());
  file = files.empty() ? "" : std::move(files.front());
}

std::vector<std::string> read_key_files(Draft& draft, const Completion& how, const std::string& files_key,
                                        const std::vector<std::string>& files) {
  std::vector<std::string> keys;
  for (const std::string& path : files) {
    auto key = read(draft, how, files_key, path, "one public key or certificate");
    if (key) keys.push_back(std::move(*key));
  }
  return keys;
}

}  // namespace yizhan::config
