// What the sources read once a signature is good: senders have bugs, too, and some of their secrets leak. Input: one
// letter chooses the source (`a` the first), the first line is what each of its headers holds, the rest is the body; it
// is signed here as that source's sender would.
//
// Whatever is read can be kept and handed on: keys that the store takes, clear bodies and events that are JSON, and
// answers that are well-formed.
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_scan.h"
#include "base/utf8.h"
#include "http/form.h"
#include "receive/field_reader.h"
#include "receive/sources.h"
#include "receive/xml_fields.h"
#include "store/express_effect.h"
#include "verify/base64.h"
#include "verify/digest.h"
#include "verify/presets.h"
#include "verify/sorted_fields.h"

namespace {

using namespace yizhan;
using namespace yizhan::receive;

constexpr std::int64_t kNowSeconds = 1777777777;
constexpr const char* kSecret = "secret";
constexpr const char* kWhsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view kKeyId = "PUB_KEY_ID_0114232134912410000000000000";
constexpr std::string_view kApiV3Key = "0123456789abcdef0123456789abcdef";

void require(bool holds) {
  if (!holds) std::abort();
}

template <class T>
T made(Result<T> result) {
  require(result.has_value());
  return std::move(*result);
}

std::string base64(std::string_view bytes) {
  std::string text;
  verify::append_base64(text, {reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
  return text;
}

EVP_PKEY* rsa_key() {
  static EVP_PKEY* const kKey = EVP_RSA_gen(2048);
  return kKey;
}

std::string rsa_public_key() {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(rsa_key(), &der);
  require(size > 0);
  std::string text = base64({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return text;
}

std::string rsa_signature(std::string_view text) {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  std::string raw(256, '\0');
  std::size_t size = raw.size();
  require(EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, rsa_key()) == 1);
  require(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(raw.data()), &size,
                         reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
  EVP_MD_CTX_free(context);
  return base64(raw);
}

/// With the tag at the end for GCM, whose nonce is twelve zeros.
std::string encrypted(const EVP_CIPHER* cipher, std::string_view key, std::string_view plain) {
  static const unsigned char kNonce[] = "000000000000";
  EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
  std::string out(plain.size() + 32, '\0');
  auto* const bytes = reinterpret_cast<unsigned char*>(out.data());
  int size = 0;
  int written = 0;
  const bool is_gcm = EVP_CIPHER_get_mode(cipher) == EVP_CIPH_GCM_MODE;
  require(EVP_EncryptInit_ex(context, cipher, nullptr, reinterpret_cast<const unsigned char*>(key.data()),
                             is_gcm ? kNonce : nullptr) == 1);
  EVP_EncryptUpdate(context, bytes, &written, reinterpret_cast<const unsigned char*>(plain.data()),
                    static_cast<int>(plain.size()));
  require(EVP_EncryptFinal_ex(context, bytes + written, &size) == 1);
  written += size;
  if (is_gcm) {
    require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, bytes + written) == 1);
    written += 16;
  }
  out.resize(static_cast<std::size_t>(written));
  EVP_CIPHER_CTX_free(context);
  return base64(out);
}

struct Sent {
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers{};
};

Sent sign_headers(const verify::SigningOptions& options, std::string_view id, std::string_view body) {
  std::string lines;
  made(verify::make_signer(options))
      ->append_header_lines(lines, {.id = id, .timestamp_seconds = kNowSeconds, .body = body});
  Sent sent{.body = std::string(body)};
  for (std::string_view rest = lines; !rest.empty();) {
    const std::size_t colon = rest.find(": ");
    const std::size_t end = rest.find("\r\n");
    sent.headers.emplace_back(rest.substr(0, colon), rest.substr(colon + 2, end - colon - 2));
    rest.remove_prefix(end + 2);
  }
  return sent;
}

/// A form with one more field, which holds what `sign` makes of the others.
template <class Sign>
Sent sign_form(std::string_view form, std::string_view name, Sign sign) {
  const auto fields = http::decode_form(form);
  Sent sent{.body = std::string(form)};
  if (!fields) return sent;
  sent.body += "&" + std::string(name) + "=";
  for (const char c : sign(*fields)) {
    if (c == '+') {
      sent.body += "%2B";
    } else {
      sent.body += c;
    }
  }
  return sent;
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

Sent sign_xml(std::string_view body) {
  const auto fields = read_xml_fields(body);
  Sent sent{.body = std::string(body)};
  const std::size_t end = sent.body.rfind("</xml>");
  if (!fields || end == std::string::npos) return sent;
  const std::string text = verify::sorted_fields_text(*fields, {"sign"}, verify::EmptyValues::kDropped);
  sent.body.insert(end, "<sign>" + verify::md5_hex(text + "&key=" + kSecret) + "</sign>");
  return sent;
}

Sent encrypt_refund(std::string_view inner) {
  return {.body = "<xml><mch_id>1</mch_id><req_info>" + encrypted(EVP_aes_256_ecb(), verify::md5_hex(kSecret), inner) +
                  "</req_info></xml>"};
}

Sent sign_v3(std::string_view event_type, std::string_view resource) {
  Sent sent{.body = R"({"id":"1","event_type":")" + std::string(event_type) +
                    R"(","resource":{"algorithm":"AEAD_AES_256_GCM","nonce":"000000000000","ciphertext":")" +
                    encrypted(EVP_aes_256_gcm(), kApiV3Key, resource) + R"("}})"};
  const std::string timestamp = std::to_string(kNowSeconds);
  sent.headers = {{"Wechatpay-Timestamp", timestamp},
                  {"Wechatpay-Nonce", "n"},
                  {"Wechatpay-Serial", std::string(kKeyId)},
                  {"Wechatpay-Signature", rsa_signature(timestamp + "\nn\n" + sent.body + "\n")}};
  return sent;
}

Sent sign_alipay(std::string_view form) {
  return sign_form(form, "sign", [](const Fields& fields) {
    return rsa_signature(verify::sorted_fields_text(fields, {"sign", "sign_type"}, verify::EmptyValues::kKept));
  });
}

Sent sign_easypay(std::string_view form) {
  return sign_form(form, "sign", [](const Fields& fields) {
    return verify::md5_hex(verify::sorted_fields_text(fields, {"sign", "sign_type"}, verify::EmptyValues::kDropped) +
                           kSecret);
  });
}

Sent sign_kuaidi100(std::string_view form) {
  return sign_form(form, "sign",
                   [](const Fields& fields) { return upper(verify::md5_hex(std::string(fields["param"]) + kSecret)); });
}

Sent sign_kdniao(std::string_view form) {
  return sign_form(form, "DataSign", [](const Fields& fields) {
    return base64(verify::md5_hex(std::string(fields["RequestData"]) + kSecret));
  });
}

/// Stripe's header is an HMAC like others, with the time before it.
verify::SigningOptions stripe_signing() {
  return {.scheme = SigningScheme::kHmac,
          .secrets = {kSecret},
          .signature_header = "Stripe-Signature",
          .timestamp_header = "X-Unused",
          .prefix = "t=" + std::to_string(kNowSeconds) + ",v1=",
          .signed_text = "{timestamp}.{body}"};
}

verify::SigningOptions plain_signing() {
  return {.scheme = SigningScheme::kHmac, .secrets = {kSecret}};
}

struct Tried {
  std::shared_ptr<const Source> source;
  Sent (*sign)(std::string_view header, std::string_view body);
};

const std::vector<Tried>& sources() {
  const auto sender = [](const KindOptions& options, Sent (*sign)(std::string_view, std::string_view)) {
    return Tried{made(make_source(options)), sign};
  };
  using View = std::string_view;
  static const WechatPayOptions kWechatPay{
      .account = "a",
      .merchant_id = "1",
      .api_v2_keys = {kSecret},
      .v3 = {.platform_keys = {{.id = std::string(kKeyId), .pem = rsa_public_key()}},
             .api_v3_keys = {std::string(kApiV3Key)}}};
  static const std::vector<Tried> kSources{
      sender(kWechatPay, [](View, View body) { return sign_xml(body); }),
      sender(kWechatPay, [](View, View body) { return encrypt_refund(body); }),
      sender(kWechatPay, [](View header, View body) { return sign_v3(header, body); }),
      sender(AlipayOptions{.account = "a", .app_ids = {"1"}, .public_keys = {rsa_public_key()}},
             [](View, View body) { return sign_alipay(body); }),
      sender(EasypayOptions{.account = "a", .keys = {kSecret}}, [](View, View body) { return sign_easypay(body); }),
      sender(PlatformIngressOptions{.platform = "p", .secrets = {kSecret}},
             [](View id, View body) {
               return sign_headers({.scheme = SigningScheme::kXCs, .secrets = {kSecret}}, id, body);
             }),
      sender(Sub2apiOptions{.name = "s", .secrets = {kSecret}},
             [](View id, View body) { return sign_headers(verify::sub2api_signing({kSecret}), id, body); }),
      sender(NewapiOptions{.name = "n", .secrets = {kSecret}},
             [](View id, View body) { return sign_headers(verify::newapi_signing({kSecret}), id, body); }),
      sender(ExpressOptions{.secrets = {kSecret}},
             [](View id, View body) { return sign_headers(verify::express_status_signing({kSecret}), id, body); }),
      sender(Kuaidi100Options{.name = "k", .salts = {kSecret}}, [](View, View body) { return sign_kuaidi100(body); }),
      sender(KdniaoOptions{.name = "k", .api_keys = {kSecret}}, [](View, View body) { return sign_kdniao(body); }),
      sender(GithubOptions{.name = "g", .secrets = {kSecret}},
             [](View id, View body) { return sign_headers(verify::github_signing({kSecret}), id, body); }),
      sender(StripeOptions{.name = "s", .secrets = {kSecret}},
             [](View id, View body) { return sign_headers(stripe_signing(), id, body); }),
      sender(ShopifyOptions{.name = "s", .secrets = {kSecret}},
             [](View id, View body) { return sign_headers(verify::shopify_signing({kSecret}), id, body); }),
      sender(SlackOptions{.name = "s", .secrets = {kSecret}},
             [](View id, View body) { return sign_headers(verify::slack_signing({kSecret}), id, body); }),
      sender(StandardWebhooksOptions{.name = "s", .secrets = {kWhsec}},
             [](View id, View body) {
               return sign_headers({.scheme = SigningScheme::kStandardWebhooks, .secrets = {kWhsec}}, id, body);
             }),
      sender(HmacOptions{.name = "h",
                         .signing = plain_signing(),
                         .idempotency_key = {.field = "a.0.id"},
                         .event_type = {.header = "X-Event"}},
             [](View id, View body) { return sign_headers(plain_signing(), id, body); }),
  };
  return kSources;
}

void require_keepable(std::string_view text, std::size_t most) {
  require(!text.empty() && text.size() <= most && is_utf8(text));
  for (const char c : text) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

void require_fit(const Notice& notice) {
  require_keepable(notice.idempotency_key, 255);
  require_keepable(notice.event_type, kLongestIdentifier);
  for (const store::CallbackKey& key : notice.keys) {
    require_keepable(key.name, 32);
    require_keepable(key.value, kLongestIdentifier);
  }
  if (notice.clear_body) require(json::read_document(*notice.clear_body).has_value());
  if (notice.caused) require(json::read_document(notice.caused->payload).has_value());
  if (const auto* express = std::get_if<store::ExpressEffect>(&notice.effect)) {
    require(!express->steps.empty() && !store::express_refusal(*express));
  }
  if (const auto* payment = std::get_if<store::PaymentEffect>(&notice.effect)) {
    require(notice.caused && notice.caused->event_type == "payment.succeeded" && payment->total_fee >= 0);
    require_keepable(payment->out_trade_no, kLongestIdentifier);
    require_keepable(payment->transaction_id, kLongestIdentifier);
  }
  if (const auto* refund = std::get_if<store::RefundEffect>(&notice.effect)) {
    require(notice.caused && notice.caused->event_type == "payment.refunded" && refund->refund_fee >= 0);
    require_keepable(refund->out_refund_no, kLongestIdentifier);
  }
}

void require_well_formed(const Reply& reply) {
  require(is_utf8(reply.body) && reply.status >= 200);
  if (reply.body.starts_with('{')) require(json::read_document(reply.body).has_value());
  if (reply.body.starts_with('<')) require(read_xml_fields(reply.body).has_value());
}

void require_answers(const Source& source, const Notice* notice, const Error* error) {
  const store::Received received;
  using enum Outcome::Kind;
  for (const auto kind : {kAccepted, kDuplicate, kRejected, kUnavailable}) {
    require_well_formed(source.answer({.kind = kind, .error = error, .notice = notice, .received = &received}));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string_view header = input.substr(0, end);
  const std::string_view body = input.substr(std::min(end + 1, input.size()));
  const Tried& tried = sources()[static_cast<std::uint8_t>(data[0] - 'a') % sources().size()];

  const Sent sent = tried.sign(header, body);
  http::ServerRequest request;
  request.method = "POST";
  request.body = sent.body;
  for (const auto& [name, value] : sent.headers) request.headers.emplace_back(name, value);
  for (const char* name :
       {"Content-Type", "X-GitHub-Event", "X-GitHub-Delivery", "X-Shopify-Topic", "X-Shopify-Webhook-Id", "X-Event"}) {
    request.headers.emplace_back(name, header);
  }
  const http::PathParameters parameters;
  const auto read =
      tried.source->read({.http = request, .parameters = parameters, .now = UtcTime{Seconds{kNowSeconds}}});
  if (!read) {
    require(!read.error().code.empty() && !read.error().message.empty() && is_utf8(read.error().message));
    require_answers(*tried.source, nullptr, &read.error());
  } else if (const auto* notice = std::get_if<Notice>(&*read)) {
    require_fit(*notice);
    require_answers(*tried.source, notice, nullptr);
  } else {
    require_well_formed(std::get<Reply>(*read));
  }
  return 0;
}
