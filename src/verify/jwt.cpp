#include "verify/jwt.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "base/json_scan.h"
#include "base/json_writer.h"
#include "verify/base64.h"

namespace yizhan::verify {
namespace {

constexpr std::string_view kJwtAlgorithm = "HS256";

std::unexpected<Error> malformed_token(std::string_view why) {
  return fail("token_malformed", fmt::format("the token is no JSON Web Token: {}", why));
}

std::optional<std::string> decode_part(std::string_view part) {
  const auto bytes = decode_base64url(part);
  if (!bytes) return std::nullopt;
  return std::string(bytes->begin(), bytes->end());
}

std::string encode_part(std::string_view part) {
  std::string out;
  append_base64url(out, {reinterpret_cast<const unsigned char*>(part.data()), part.size()});
  return out;
}

/// NumericDate: seconds since 1970, which may have a fraction.
std::optional<UtcTime> read_date(const json::Value& value) {
  if (value.kind != json::Kind::kNumber) return std::nullopt;
  double seconds = 0;
  const char* begin = value.text.data();
  const char* end = begin + value.text.size();
  const auto [stop, error] = std::from_chars(begin, end, seconds);
  constexpr double kYear9999 = 253402300799.0;
  if (error != std::errc{} || stop != end || std::abs(seconds) > kYear9999) return std::nullopt;
  return UtcTime{Seconds{static_cast<std::int64_t>(std::floor(seconds))}};
}

std::optional<std::vector<std::string>> read_audience(const json::Value& value) {
  std::vector<std::string> audience;
  if (value.kind != json::Kind::kArray) {
    auto only = json::read_string(value);
    if (!only) return std::nullopt;
    audience.push_back(std::move(*only));
    return audience;
  }
  json::ArrayReader reader(value.text, value.offset);
  while (true) {
    const auto element = reader.next();
    if (!element) return std::nullopt;
    if (!*element) return audience;
    auto each = json::read_string(**element);
    if (!each) return std::nullopt;
    audience.push_back(std::move(*each));
  }
}

/// Sets what JwtClaims knows of; false when its value has not the form that RFC 7519 gives it.
bool set_claim(const json::Member& member, JwtClaims& claims) {
  const std::pair<std::string_view, std::string*> texts[] = {
      {"role", &claims.role}, {"iss", &claims.issuer}, {"sub", &claims.subject}};
  for (const auto& [name, target] : texts) {
    if (member.key != name) continue;
    auto text = json::read_string(member.value);
    if (text) *target = std::move(*text);
    return text.has_value();
  }
  const std::pair<std::string_view, std::optional<UtcTime>*> dates[] = {
      {"iat", &claims.issued_at}, {"nbf", &claims.not_before}, {"exp", &claims.expires_at}};
  for (const auto& [name, target] : dates) {
    if (member.key != name) continue;
    *target = read_date(member.value);
    return target->has_value();
  }
  if (member.key == "aud") {
    auto audience = read_audience(member.value);
    if (audience) claims.audience = std::move(*audience);
    return audience.has_value();
  }
  return true;
}

Result<std::string> read_algorithm(std::string_view header) {
  std::string algorithm;
  json::ObjectReader reader(header);
  while (true) {
    const auto member = reader.next();
    if (!member) return malformed_token("its header is no JSON object");
    if (!*member) break;
    if ((*member)->key == "crit") return malformed_token("its header demands extensions (crit), and none is known");
    if ((*member)->key != "alg") continue;
    auto text = json::read_string((*member)->value);
    if (!text) return malformed_token("its header's alg is no string");
    algorithm = std::move(*text);
  }
  if (algorithm.empty()) return malformed_token("its header has no alg");
  return algorithm;
}

Result<JwtClaims> read_claims(std::string_view document) {
  JwtClaims claims;
  json::ObjectReader reader(document);
  while (true) {
    const auto member = reader.next();
    if (!member) return malformed_token("its claims are no JSON object");
    if (!*member) return claims;
    if (!set_claim(**member, claims)) {
      return malformed_token(fmt::format("its claim {} has not the form that RFC 7519 gives it", (*member)->key));
    }
  }
}

}  // namespace

Result<Jwt> read_jwt(std::string_view token) {
  if (token.size() > kLongestToken) return malformed_token(fmt::format("it has more than {} bytes", kLongestToken));
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return malformed_token("it has not three parts with dots between");
  }
  const auto header = decode_part(token.substr(0, first));
  auto claims = decode_part(token.substr(first + 1, second - first - 1));
  auto signature = decode_base64url(token.substr(second + 1));
  if (!header || !claims || !signature) return malformed_token("its parts are not base64url without padding");

  auto algorithm = read_algorithm(*header);
  if (!algorithm) return std::unexpected(std::move(algorithm.error()));
  auto read = read_claims(*claims);
  if (!read) return std::unexpected(std::move(read.error()));
  return Jwt{.algorithm = std::move(*algorithm),
             .claims = std::move(*read),
             .claims_json = std::move(*claims),
             .signed_text = std::string(token.substr(0, second)),
             .signature = std::move(*signature)};
}

Result<void> check_times(const JwtClaims& claims, UtcTime now, Seconds leeway) {
  if (claims.expires_at && now >= *claims.expires_at + leeway) {
    return fail("token_expired", fmt::format("the token expired at {}: a new one is needed, "
                                             "'yizhan keys generate' makes a pair",
                                             to_rfc3339(*claims.expires_at)));
  }
  if (claims.not_before && now < *claims.not_before - leeway) {
    return fail("token_not_yet_valid",
                fmt::format("the token is valid from {} on, and here it is {}: compare the clocks",
                            to_rfc3339(*claims.not_before), to_rfc3339(now)));
  }
  return {};
}

bool JwtKey::has_signed(const Jwt& token) const {
  const std::array<std::string_view, 1> text{token.signed_text};
  return key_.verifies(text, token.signature);
}

Result<JwtClaims> JwtKey::verify(std::string_view token, UtcTime now, Seconds leeway) const {
  auto read = read_jwt(token);
  if (!read) return std::unexpected(std::move(read.error()));
  if (read->algorithm != kJwtAlgorithm) {
    return fail("token_algorithm_refused", fmt::format("the token names the algorithm '{}'; only {} is accepted",
                                                       read->algorithm.substr(0, 32), kJwtAlgorithm));
  }
  if (!has_signed(*read)) {
    return fail("token_signature_mismatch",
                "the token was not signed with this service's JWT secret: 'yizhan keys verify TOKEN' tells which of "
                "the two has to change");
  }
  if (auto good = check_times(read->claims, now, leeway); !good) return std::unexpected(std::move(good.error()));
  return std::move(read->claims);
}

std::string JwtKey::issue(const JwtClaims& claims) const {
  JsonWriter document;
  const auto text = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) document.text(name, value);
  };
  const auto date = [&](std::string_view name, const std::optional<UtcTime>& value) {
    if (value) document.number(name, to_unix_seconds(*value));
  };
  document.begin_object();
  text("role", claims.role);
  text("iss", claims.issuer);
  text("sub", claims.subject);
  if (claims.audience.size() == 1) {
    text("aud", claims.audience.front());
  } else if (!claims.audience.empty()) {
    document.texts("aud", claims.audience);
  }
  date("iat", claims.issued_at);
  date("nbf", claims.not_before);
  date("exp", claims.expires_at);
  document.end_object();

  std::string token = encode_part(R"({"alg":"HS256","typ":"JWT"})") + '.' + encode_part(document.take());
  std::array<unsigned char, 32> signature{};
  const std::array<std::string_view, 1> signed_text{token};
  key_.sign(signed_text, signature);
  token += '.';
  append_base64url(token, signature);
  return token;
}

}  // namespace yizhan::verify
