#include "store/receiving.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/express_effect.h"

namespace yizhan::store {
namespace {

constexpr std::size_t kLongestSource = 64;
constexpr std::size_t kLongestIdempotencyKey = 255;
constexpr std::size_t kLongestKeyName = 32;

std::optional<Error> refuse(std::string_view problem) {
  return Error{"value_refused", fmt::format("a callback cannot be put on record: {}", problem)};
}

}  // namespace

std::optional<Error> record_refusal(const ReceiveCall& call) {
  const InboundCallback& callback = call.callback;
  if (callback.source.empty() || callback.source.size() > kLongestSource) {
    return refuse(fmt::format("the name of its source has {} bytes; 1 to 64 are allowed", callback.source.size()));
  }
  if (callback.idempotency_key.size() > kLongestIdempotencyKey) {
    return refuse(fmt::format("its idempotency key has {} bytes; at most 255 are allowed; use a digest of it",
                              callback.idempotency_key.size()));
  }
  if (callback.idempotency_key.empty() && !call.rejected) return refuse("it has no idempotency key");
  for (const CallbackKey& key : call.keys) {
    if (key.name.empty() || key.name.size() > kLongestKeyName) {
      return refuse(fmt::format("the name of one of its keys has {} characters; 1 to 32 are allowed", key.name.size()));
    }
  }
  const auto* express = std::get_if<ExpressEffect>(&call.effect);
  return express == nullptr || call.rejected ? std::nullopt : express_refusal(*express);
}

Ruling rule_rejected(const ReceiveCall& call) {
  return {Verdict::kRejected, EffectResult::kNone, call.callback.reason, call.answer_rejected};
}

Ruling rule_duplicate(const ReceiveCall& call) {
  return {Verdict::kDuplicate, EffectResult::kNone, call.callback.reason, call.answer_duplicate};
}

Ruling rule_new(const ReceiveCall& call, EffectResult effect) {
  if (!is_unfit(effect)) return {Verdict::kAccepted, effect, call.callback.reason, call.answer_accepted};
  if (call.reject_unfit) return {Verdict::kRejected, effect, to_string(effect), call.answer_rejected};
  return {Verdict::kAccepted, effect, to_string(effect), call.answer_accepted};
}

std::string_view cut_key_value(std::string_view value) {
  if (value.size() <= kLongestKeyValue) return value;
  std::size_t end = kLongestKeyValue;
  // Back to the first byte of a character; bytes that are no UTF-8 are cut anywhere.
  while (end > kLongestKeyValue - 4 && (static_cast<unsigned char>(value[end]) & 0xc0U) == 0x80U) --end;
  if ((static_cast<unsigned char>(value[end]) & 0xc0U) == 0x80U) end = kLongestKeyValue;
  return value.substr(0, end);
}

std::int64_t value_hash(std::string_view value) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char byte : value) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 0x100000001b3U;
  }
  hash ^= hash >> 33U;
  hash *= 0xff51afd7ed558ccdU;
  hash ^= hash >> 33U;
  return static_cast<std::int64_t>(hash);
}

std::vector<SearchKey> search_keys(const ReceiveCall& call) {
  std::vector<SearchKey> keys;
  keys.reserve(call.keys.size() + 1);
  for (const CallbackKey& key : call.keys) {
    const SearchKey wanted{key.name, cut_key_value(key.value)};
    if (wanted.value.empty()) continue;
    const bool known = std::ranges::any_of(
        keys, [&](const SearchKey& other) { return other.name == wanted.name && other.value == wanted.value; });
    if (!known) keys.push_back(wanted);
  }
  const std::string_view own = cut_key_value(call.callback.idempotency_key);
  if (!own.empty() && std::ranges::none_of(keys, [&](const SearchKey& key) { return key.value == own; })) {
    keys.push_back({kIdempotencyKeyName, own});
  }
  return keys;
}

std::string_view kept_body(const ReceiveCall& call, Verdict verdict) {
  const std::string_view body = call.callback.body;
  return verdict == Verdict::kRejected ? body.substr(0, kKeptRejectedBody) : body;
}

std::string joined_ids(const Received& received) {
  std::string ids;
  for (const auto* events : {&received.effect_events, &received.events}) {
    for (const Accepted& event : *events) {
      if (!ids.empty()) ids += ' ';
      ids += event.id;
    }
  }
  return ids;
}

std::vector<std::string> split_ids(std::string_view text) {
  std::vector<std::string> ids;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) ids.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return ids;
}

bool QuotaPace::due(std::int64_t quota) const {
  return added_ > 0 && added_ >= std::clamp<std::int64_t>(quota / 16, 1, 1000);
}

}  // namespace yizhan::store
