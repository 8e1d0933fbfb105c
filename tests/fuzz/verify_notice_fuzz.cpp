// The verifiers of payment platforms and carriers, of WeChat Pay v3 and of Stripe on hostile notices, and the reading
// of public keys (faults 33, 34). Input: one byte chooses what is tried.
//   fields: the rest is a form.
//   headers: lines: signature, timestamp, nonce, serial; what is left is the body.
//   decryption: lines: algorithm, nonce, associated data; what is left is the ciphertext. Before that, the whole rest
//   is read as a notice. public key: the rest is its text.
//
// The secrets and keys are random and new in every run, so no input can carry a good signature: whatever is accepted is
// a bug.
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "http/form.h"
#include "verify/alipay.h"
#include "verify/base64.h"
#include "verify/easypay.h"
#include "verify/kdniao.h"
#include "verify/kuaidi100.h"
#include "verify/rsa.h"
#include "verify/secret_maker.h"
#include "verify/stripe.h"
#include "verify/wechat_pay_v2.h"
#include "verify/wechat_pay_v3.h"

namespace {

using namespace yizhan;
using namespace yizhan::verify;

// Where the fuzzer's clock stands; its seeds use timestamps near it.
constexpr UtcTime kNow{Seconds{1777777777}};

template <class T>
T made(Result<T> result) {
  if (!result) std::abort();
  return std::move(*result);
}

std::string random_public_key() {
  EVP_PKEY* const key = EVP_RSA_gen(2048);
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) std::abort();
  std::string text;
  append_base64(text, {der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  EVP_PKEY_free(key);
  return text;
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

void require_refusal(const Result<void>& verdict) {
  if (verdict || verdict.error().code.empty() || verdict.error().message.empty()) std::abort();
}

const WechatPayV2& wechat_pay_v2() {
  static const auto kVerifier = made(WechatPayV2::make({make_hmac_secret(), make_hmac_secret()}));
  return *kVerifier;
}

const WechatPayV3& wechat_pay_v3() {
  static const auto kVerifier = made(WechatPayV3::make(
      {.platform_keys = {{.id = "PUB_KEY_ID_0114232134912410000000000000", .pem = random_public_key()}},
       .api_v3_keys = {make_hmac_secret().substr(6, 32)}}));
  return *kVerifier;
}

void verify_fields(std::string_view rest) {
  static const std::shared_ptr<const FieldsVerifier> kVerifiers[] = {
      made(make_alipay_verifier({random_public_key()})), made(make_easypay_verifier({make_hmac_secret()})),
      made(make_kuaidi100_verifier({make_hmac_secret()})), made(make_kdniao_verifier({make_hmac_secret()}))};
  const auto fields = http::decode_form(rest);
  if (!fields) return;
  for (const auto& verifier : kVerifiers) require_refusal(verifier->verify(*fields));
  require_refusal(wechat_pay_v2().verify(*fields));
  // ECB authenticates nothing: some ciphertexts decrypt by chance.
  const auto refund = wechat_pay_v2().decrypt_refund((*fields)["req_info"]);
  if (refund && !refund->starts_with('<')) std::abort();
}

void verify_headers(std::string_view rest) {
  static const auto kStripe = made(make_stripe_verifier({make_hmac_secret()}));
  const std::string_view signature = take_line(rest);
  const std::string_view timestamp = take_line(rest);
  const std::string_view nonce = take_line(rest);
  const std::string_view serial = take_line(rest);
  const HeaderLookup header = [&](std::string_view name) {
    if (name.ends_with("Signature-Type")) return std::string_view{};
    if (name.ends_with("Timestamp")) return timestamp;
    if (name.ends_with("Nonce")) return nonce;
    return name.ends_with("Serial") ? serial : signature;
  };
  const MessageToVerify message{.header = header, .body = rest, .now = kNow};
  require_refusal(wechat_pay_v3().verify(message));
  require_refusal(kStripe->verify(message));
}

void decrypt(std::string_view rest) {
  if (const auto resource = read_wechat_pay_v3_resource(rest); resource && wechat_pay_v3().decrypt(*resource)) {
    std::abort();
  }
  WechatPayV3Resource resource;
  resource.algorithm = take_line(rest);
  resource.nonce = take_line(rest);
  resource.associated_data = take_line(rest);
  resource.ciphertext = rest;
  if (wechat_pay_v3().decrypt(resource)) std::abort();
}

void read_public_key(std::string_view rest) {
  const auto key = RsaPublicKey::parse(rest);
  if (!key) {
    if (key.error().code != "public_key_invalid") std::abort();
    return;
  }
  // Whatever key it is, nobody signed with it: zeros are no padded digest.
  const std::string zeros(key->signature_size(), '\0');
  if (zeros.size() < kSmallestRsaBits / 8 || zeros.size() > kLargestRsaBits / 8) std::abort();
  const std::string_view text = "text";
  if (key->verifies({&text, 1}, std::span(reinterpret_cast<const unsigned char*>(zeros.data()), zeros.size()))) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr void (*kTried[])(std::string_view) = {verify_fields, verify_headers, decrypt, read_public_key};
  kTried[data[0] % std::size(kTried)](rest);
  return 0;
}
