// yizhan_bench_verifiers [SECONDS]: what it costs to verify one good message of 600 bytes, in µs on one core, for every
// scheme; and what the readers of forms and of XML cost before that. SECONDS (0.2 unless given) for each of five
// rounds; the median round counts. One JSON line each: {"verifier":"…","us":1.23}. Exits 1 when a verifier refuses.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/form.h"
#include "receive/xml_fields.h"
#include "verifiers/sender.h"
#include "verify/alipay.h"
#include "verify/base64.h"
#include "verify/digest.h"
#include "verify/easypay.h"
#include "verify/header_text.h"
#include "verify/hex.h"
#include "verify/hmac.h"
#include "verify/kdniao.h"
#include "verify/kuaidi100.h"
#include "verify/presets.h"
#include "verify/secret_maker.h"
#include "verify/sorted_fields.h"
#include "verify/stripe.h"
#include "verify/wechat_pay_v2.h"
#include "verify/wechat_pay_v3.h"

namespace {

using namespace yizhan;
using namespace yizhan::verify;

constexpr std::size_t kMessageBytes = 600;
constexpr std::size_t kRounds = 5;
constexpr std::int64_t kNowSeconds = 1777777777;
constexpr const char* kKey = "0123456789abcdef0123456789abcdef";

using Clock = std::chrono::steady_clock;

template <class T>
T made(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "{}: {}\n", result.error().code, result.error().message);
    std::exit(1);
  }
  return std::move(*result);
}

struct Measured {
  std::string name;
  std::function<bool()> verify;  ///< one message; false when it was refused
};

double microseconds_of(const Measured& measured, double seconds) {
  std::array<double, kRounds> rounds{};
  for (double& round : rounds) {
    std::size_t count = 0;
    const Clock::time_point begin = Clock::now();
    std::chrono::duration<double> elapsed{};
    do {
      for (int index = 0; index < 64; ++index) {
        if (!measured.verify()) {
          fmt::print(stderr, "{}: a good message was refused\n", measured.name);
          std::exit(1);
        }
      }
      count += 64;
      elapsed = Clock::now() - begin;
    } while (elapsed.count() < seconds);
    round = elapsed.count() * 1e6 / static_cast<double>(count);
  }
  std::ranges::sort(rounds);
  return rounds[kRounds / 2];
}

using Headers = std::vector<std::pair<std::string, std::string>>;

Headers headers_of(std::string_view lines) {
  Headers headers;
  while (!lines.empty()) {
    const std::size_t colon = lines.find(": ");
    const std::size_t end = lines.find("\r\n");
    headers.emplace_back(lines.substr(0, colon), lines.substr(colon + 2, end - colon - 2));
    lines.remove_prefix(end + 2);
  }
  return headers;
}

Measured by_headers(std::string name, std::shared_ptr<const Verifier> verifier, Headers headers) {
  return {std::move(name),
          [verifier = std::move(verifier), headers = std::move(headers), body = std::string(kMessageBytes, 'x')] {
            const auto lookup = [&headers](std::string_view wanted) {
              const auto found = std::ranges::find_if(
                  headers, [wanted](const auto& header) { return same_header_name(header.first, wanted); });
              return found == headers.end() ? std::string_view{} : std::string_view(found->second);
            };
            return verifier->verify({.header = lookup, .body = body, .now = UtcTime{Seconds{kNowSeconds}}}).has_value();
          }};
}

Measured by_options(std::string name, const SigningOptions& options) {
  std::string lines;
  made(make_signer(options))->append_header_lines(lines, {"evt-1", kNowSeconds, std::string(kMessageBytes, 'x')});
  return by_headers(std::move(name), made(make_verifier(options)), headers_of(lines));
}

Measured by_fields(std::string name, std::shared_ptr<const FieldsVerifier> verifier, Fields fields) {
  return {std::move(name), [verifier = std::move(verifier), fields = std::move(fields)] {
            return verifier->verify(fields).has_value();
          }};
}

void add(Fields& fields, const std::string& name, std::string value) {
  if (!fields.add(name, std::move(value))) std::exit(1);
}

// A notice of kMessageBytes in 20 fields.
Fields notice() {
  Fields fields;
  for (int index = 0; index < 20; ++index) {
    const std::string name = fmt::format("field_{}", (index * 7) % 20);
    add(fields, name, std::string(kMessageBytes / 20 - 2 - name.size(), 'v'));
  }
  return fields;
}

Fields with(Fields fields, const std::string& name, std::string value) {
  add(fields, name, std::move(value));
  return fields;
}

std::string hmac_hex(std::string_view key, std::string_view text) {
  std::array<unsigned char, 32> raw{};
  HmacKey(HmacAlgorithm::kSha256, key).sign(std::array<std::string_view, 1>{text}, raw);
  std::string hex;
  append_hex(hex, raw);
  return hex;
}

std::string base64_of(std::string_view text) {
  std::string out;
  append_base64(out, {reinterpret_cast<const unsigned char*>(text.data()), text.size()});
  return out;
}

std::string form_of(const Fields& fields) {
  std::string form;
  for (const ReceivedField& field : fields) form += fmt::format("{}={}&", field.name, field.value);
  return form;
}

std::string xml_of(const Fields& fields) {
  std::string xml = "<xml>";
  for (const ReceivedField& field : fields) xml += fmt::format("<{0}><![CDATA[{1}]]></{0}>", field.name, field.value);
  return xml + "</xml>";
}

void add_header_schemes(std::vector<Measured>& all) {
  const std::string secret = make_hmac_secret();
  all.push_back(by_options("x-cs", {.scheme = SigningScheme::kXCs, .secrets = {secret}}));
  all.push_back(by_options("standard-webhooks", {.scheme = SigningScheme::kStandardWebhooks, .secrets = {secret}}));
  all.push_back(by_options("standard-webhooks-v1a", {.scheme = SigningScheme::kStandardWebhooksV1a,
                                                     .secrets = {make_signing_key_pair().private_key}}));
  all.push_back(by_options("github", github_signing({secret})));
  all.push_back(by_options("shopify", shopify_signing({secret})));
  all.push_back(by_options("slack", slack_signing({secret})));
  all.push_back(by_options("sub2api", sub2api_signing({secret})));
  all.push_back(by_options("newapi", newapi_signing({secret})));
  all.push_back(by_options("express-status", express_status_signing({secret})));
  const std::string stripe_text = fmt::format("{}.{}", kNowSeconds, std::string(kMessageBytes, 'x'));
  all.push_back(
      by_headers("stripe", made(make_stripe_verifier({secret})),
                 {{"Stripe-Signature", fmt::format("t={},v1={}", kNowSeconds, hmac_hex(secret, stripe_text))}}));
}

void add_wechat_pay(std::vector<Measured>& all) {
  const std::string text = sorted_fields_text(notice(), {}, EmptyValues::kDropped) + "&key=" + kKey;
  const auto v2 = made(WechatPayV2::make({kKey}));
  all.push_back(by_fields("wechat-pay-v2-md5", v2, with(notice(), "sign", md5_hex(text))));
  all.push_back(by_fields("wechat-pay-v2-hmac", v2, with(notice(), "sign", hmac_hex(kKey, text))));
  const std::string refund = bench::aes_256_encrypted(md5_hex(kKey), "", "<root>" + std::string(kMessageBytes, 'x'));
  all.push_back({"wechat-pay-v2-refund", [v2, refund] { return v2->decrypt_refund(refund).has_value(); }});

  const bench::RsaSender platform;
  const auto v3 = made(WechatPayV3::make(
      {.platform_keys = {{.id = "PUB_KEY_ID_1", .pem = platform.public_pem()}}, .api_v3_keys = {kKey}}));
  const std::string signed_text = fmt::format("{}\nnonce\n{}\n", kNowSeconds, std::string(kMessageBytes, 'x'));
  all.push_back(by_headers("wechat-pay-v3", v3,
                           {{"Wechatpay-Timestamp", std::to_string(kNowSeconds)},
                            {"Wechatpay-Nonce", "nonce"},
                            {"Wechatpay-Serial", "PUB_KEY_ID_1"},
                            {"Wechatpay-Signature", platform.signature(signed_text)}}));
  const WechatPayV3Resource resource{
      .algorithm = "AEAD_AES_256_GCM",
      .ciphertext = bench::aes_256_encrypted(kKey, "twelve bytes", std::string(kMessageBytes, 'x')),
      .nonce = "twelve bytes"};
  all.push_back({"wechat-pay-v3-resource", [v3, resource] { return v3->decrypt(resource).has_value(); }});
}

void add_other_notices(std::vector<Measured>& all) {
  const std::string text = sorted_fields_text(notice(), {}, EmptyValues::kKept);
  const bench::RsaSender alipay;
  all.push_back(by_fields("alipay", made(make_alipay_verifier({alipay.public_key()})),
                          with(notice(), "sign", alipay.signature(text))));
  all.push_back(
      by_fields("easypay", made(make_easypay_verifier({kKey})), with(notice(), "sign", md5_hex(text + kKey))));
  const std::string json(kMessageBytes, 'x');
  all.push_back(by_fields("kuaidi100", made(make_kuaidi100_verifier({kKey})),
                          with(with({}, "param", json), "sign", md5_hex(json + kKey))));
  all.push_back(by_fields("kdniao", made(make_kdniao_verifier({kKey})),
                          with(with({}, "RequestData", json), "DataSign", base64_of(md5_hex(json + kKey)))));
}

void add_readers(std::vector<Measured>& all) {
  all.push_back({"read-form", [form = form_of(notice())] { return http::decode_form(form).has_value(); }});
  all.push_back({"read-xml", [xml = xml_of(notice())] { return receive::read_xml_fields(xml).has_value(); }});
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 0.2;
  std::vector<Measured> all;
  add_header_schemes(all);
  add_wechat_pay(all);
  add_other_notices(all);
  add_readers(all);
  for (const Measured& measured : all) {
    fmt::print("{{\"verifier\":\"{}\",\"us\":{:.2f}}}\n", measured.name, microseconds_of(measured, seconds));
    std::fflush(stdout);
  }
  return 0;
}
