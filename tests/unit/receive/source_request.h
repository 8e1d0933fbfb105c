// A request as a source reads it, and what it makes of it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_scan.h"
#include "receive/source.h"
#include "verify/digest.h"
#include "verify/hex.h"
#include "verify/hmac.h"
#include "verify/sorted_fields.h"

namespace yizhan::receive {

inline constexpr std::int64_t kNowSeconds = 1777777777;
inline constexpr UtcTime kNow{Seconds{kNowSeconds}};

struct TestRequest {
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string method = "POST";
  std::string query{};
  UtcTime now = kNow;

  /// Views of this.
  http::ServerRequest server_request() const {
    http::ServerRequest request;
    request.method = method;
    request.query = query;
    request.body = body;
    for (const auto& [name, value] : headers) request.headers.emplace_back(name, value);
    return request;
  }

  TestRequest with_body(std::string other) const {
    TestRequest changed = *this;
    changed.body = std::move(other);
    return changed;
  }
  TestRequest with_header(std::string_view name, std::string value) const {
    TestRequest changed = without_header(name);
    changed.headers.emplace_back(name, std::move(value));
    return changed;
  }
  TestRequest without_header(std::string_view name) const {
    TestRequest changed = *this;
    std::erase_if(changed.headers, [&](const auto& header) { return header.first == name; });
    return changed;
  }
  TestRequest at(std::int64_t seconds) const {
    TestRequest changed = *this;
    changed.now = UtcTime{Seconds{seconds}};
    return changed;
  }
};

inline Result<std::variant<Notice, Reply>> read(const Source& source, const TestRequest& request) {
  const http::ServerRequest server_request = request.server_request();
  const http::PathParameters parameters;
  return source.read({.http = server_request, .parameters = parameters, .now = request.now});
}

/// The notice of a request that has to be accepted.
inline Notice notice_of(const Source& source, const TestRequest& request) {
  auto result = read(source, request);
  if (!result) {
    ADD_FAILURE() << result.error().code << ": " << result.error().message;
    return {};
  }
  if (!std::holds_alternative<Notice>(*result)) {
    ADD_FAILURE() << "answered at once: " << std::get<Reply>(*result).body;
    return {};
  }
  auto& notice = std::get<Notice>(*result);
  EXPECT_FALSE(notice.idempotency_key.empty());
  EXPECT_FALSE(notice.event_type.empty());
  for (const std::string& text :
       {notice.clear_body.value_or("null"), notice.caused ? notice.caused->payload : "null"}) {
    EXPECT_TRUE(json::read_document(text)) << text;
  }
  return std::move(notice);
}

/// The code of the refusal; empty when it was taken.
inline std::string refusal(const Source& source, const TestRequest& request) {
  const auto result = read(source, request);
  if (result) return "";
  EXPECT_FALSE(result.error().message.empty());
  return std::string(result.error().code);
}

/// What goes back at once.
inline Reply reply_to(const Source& source, const TestRequest& request) {
  auto result = read(source, request);
  if (!result || !std::holds_alternative<Reply>(*result)) {
    ADD_FAILURE() << "not answered at once";
    return {.status = 0};
  }
  return std::get<Reply>(std::move(*result));
}

/// All values under that name, with a blank between them.
inline std::string keys_of(const Notice& notice, std::string_view name) {
  std::string values;
  for (const store::CallbackKey& key : notice.keys) {
    if (key.name != name) continue;
    if (!values.empty()) values += ' ';
    values += key.value;
  }
  return values;
}

struct Answered {
  int status;
  std::string body;
  friend bool operator==(const Answered&, const Answered&) = default;
  // NOLINTNEXTLINE(readability-identifier-naming): the name that GoogleTest looks for
  friend void PrintTo(const Answered& answer, std::ostream* out) { *out << answer.status << ' ' << answer.body; }
};

/// The answer to callback 17, which was accepted, or repeats an earlier one.
inline Answered answer_to(const Source& source, Outcome::Kind kind, const Notice& notice) {
  store::Received received;
  received.callback_id = 17;
  const Reply reply = source.answer({.kind = kind, .notice = &notice, .received = &received, .now = kNow});
  return {reply.status, reply.body};
}
inline Answered accepted_answer(const Source& source, const Notice& notice = {}) {
  return answer_to(source, Outcome::Kind::kAccepted, notice);
}
inline Answered duplicate_answer(const Source& source, const Notice& notice = {}) {
  return answer_to(source, Outcome::Kind::kDuplicate, notice);
}
/// Message and code are what a careless or hostile part could put there.
inline Answered rejected_answer(const Source& source, std::string_view code) {
  const Error error{code, "Not \"good\"."};
  const Reply reply = source.answer({.kind = Outcome::Kind::kRejected, .error = &error, .now = kNow});
  return {reply.status, reply.body};
}
inline Answered unavailable_answer(const Source& source) {
  const Error error{"store_unavailable", "Try again."};
  const Reply reply = source.answer({.kind = Outcome::Kind::kUnavailable, .error = &error, .now = kNow});
  return {reply.status, reply.body};
}

/// GET and HEAD are answered, with nothing to put on record.
inline void expect_probes_answered(const Source& source) {
  for (const char* method : {"GET", "HEAD"}) {
    const Reply reply = reply_to(source, {.body = "", .method = method});
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "This address takes callbacks by POST.\n");
  }
}

template <class T>
std::shared_ptr<const Source> made(Result<T> source) {
  if (!source) {
    ADD_FAILURE() << source.error().code << ": " << source.error().message;
    std::abort();
  }
  return std::move(*source);
}

inline std::string hmac_sha256(std::string_view secret, std::string_view text) {
  const verify::HmacKey key(HmacAlgorithm::kSha256, secret);
  std::string raw(key.signature_size(), '\0');
  key.sign({&text, 1}, {reinterpret_cast<unsigned char*>(raw.data()), raw.size()});
  return raw;
}
inline std::string hmac_sha256_hex(std::string_view secret, std::string_view text) {
  const std::string raw = hmac_sha256(secret, text);
  std::string hex;
  verify::append_hex(hex, {reinterpret_cast<const unsigned char*>(raw.data()), raw.size()});
  return hex;
}

/// application/x-www-form-urlencoded, everything that needs it encoded.
inline std::string form_of(const Fields& fields) {
  std::string form;
  for (const ReceivedField& field : fields) {
    if (!form.empty()) form += '&';
    form += field.name + "=";
    for (const char c : field.value) {
      const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (plain) {
        form += c;
      } else {
        const auto byte = static_cast<unsigned char>(c);
        form += '%';
        verify::append_hex(form, {&byte, 1});
      }
    }
  }
  return form;
}

/// Whether the effect is a payment, a refund, or none: for messages of failed tests the rest is in the fields.
inline const store::PaymentEffect& payment_of(const Notice& notice) {
  static const store::PaymentEffect kNone{};
  const auto* payment = std::get_if<store::PaymentEffect>(&notice.effect);
  if (payment == nullptr) ADD_FAILURE() << "the notice pays nothing";
  return payment == nullptr ? kNone : *payment;
}
inline const store::RefundEffect& refund_of(const Notice& notice) {
  static const store::RefundEffect kNone{};
  const auto* refund = std::get_if<store::RefundEffect>(&notice.effect);
  if (refund == nullptr) ADD_FAILURE() << "the notice refunds nothing";
  return refund == nullptr ? kNone : *refund;
}
inline bool has_no_effect(const Notice& notice) {
  return std::holds_alternative<std::monostate>(notice.effect) && !notice.caused;
}

}  // namespace yizhan::receive
