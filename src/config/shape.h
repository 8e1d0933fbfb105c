// What a text must look like. A shape judges the form only (is this an address with a port?); the part that uses the
// value parses it. Each shape carries the words that tell a person what is allowed, for messages and for the
// documentation.
#pragma once

#include <string_view>

namespace yizhan::config {

struct Shape {
  /// Completes "must be …".
  std::string_view allowed;
  bool (*matches)(std::string_view text);
};

extern const Shape kSecretText;     ///< text in one line, no blanks at its ends, at most 4096 bytes
extern const Shape kFilePath;       ///< not empty
extern const Shape kListenAddress;  ///< `address:port`, `[v6]:port`, `:port`, `localhost:port`
extern const Shape kNetwork;        ///< `10.0.0.0/8`, `fd00::/8`, an address
extern const Shape kDnsServer;      ///< `address`, `address:port`, `[v6]:port`
extern const Shape kHttpUrl;        ///< http:// or https://, a host, no user information, no fragment
extern const Shape kStoreUrl;       ///< `sqlite:PATH`, `postgresql://…`, `postgres://…`
extern const Shape kHeaderName;     ///< an RFC 9110 token, at most 128 characters
extern const Shape kHeaderValue;    ///< visible characters, blanks and tabs; no blank at an end
extern const Shape kContentType;    ///< `type/subtype`, with parameters
extern const Shape kSignedText;     ///< holds `{body}`; other placeholders: `{timestamp}`, `{id}`
extern const Shape kRole;           ///< receive, dispatch, push, console

/// Of a platform or a source: lower-case letters, digits, `-` and `_`, beginning with a letter or digit, at most 64.
extern const Shape kName;
extern const Shape kPlaceInList;    ///< of a table in a list: 1 to 1000
extern const Shape kSourcePattern;  ///< a name, or `*`
extern const Shape kEventType;      ///< 1 to 128 printable characters, no blanks at the ends; `*` stands for any
extern const Shape kAccount;        ///< a part of a path: letters, digits, `-`, `_`, `.`; at most 64
extern const Shape kIdentifier;     ///< what a provider calls a merchant: letters, digits, `-`, `_`; at most 64
extern const Shape kCondition;      ///< of a route, in one line; the part receive reads it
extern const Shape kFieldPath;      ///< `data.object.id`
extern const Shape kStatusPattern;  ///< a parcel's state, or `*`; at most 64 bytes
extern const Shape kTemplateText;   ///< UTF-8 in one line, at most 1024 bytes; the part notify reads its placeholders
extern const Shape kHost;           ///< a name or an address, without brackets and port
extern const Shape kMailAddress;    ///< `name@domain`, ASCII, nothing around it; at most 254
extern const Shape kPhoneNumber;    ///< 5 to 20 digits, `+` before them or not
extern const Shape kSmsValue;       ///< what a template's variable is filled with; the part alert knows how

/// The secret of Standard Webhooks `v1`: base64 of 24 to 64 bytes, with or without `whsec_` before it.
extern const Shape kStandardWebhooksSecret;
/// The key of Standard Webhooks `v1a`: `whsk_` and base64 of an ed25519 seed (32 bytes) or seed and public half (64).
extern const Shape kStandardWebhooksKey;

/// Whether the service writes the header itself, so that nobody may set it as an extra one. Without regard to case.
bool is_reserved_header(std::string_view name);
bool same_header(std::string_view left, std::string_view right);

}  // namespace yizhan::config
