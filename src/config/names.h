// How the enumerations of config.h are written in the configuration.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "config/config.h"
#include "domain/signing_scheme.h"

namespace yizhan::config {

template <class Enum>
struct Names;

template <>
struct Names<HmacEncoding> {
  static constexpr std::array kAll{
      std::pair{HmacEncoding::kHex, std::string_view("hex")},
      std::pair{HmacEncoding::kBase64, std::string_view("base64")},
  };
};
template <>
struct Names<HmacAlgorithm> {
  static constexpr std::array kAll{
      std::pair{HmacAlgorithm::kSha256, std::string_view("sha256")},
      std::pair{HmacAlgorithm::kSha1, std::string_view("sha1")},
      std::pair{HmacAlgorithm::kSha512, std::string_view("sha512")},
  };
};
template <>
struct Names<Envelope> {
  static constexpr std::array kAll{
      std::pair{Envelope::kNone, std::string_view("none")},
      std::pair{Envelope::kStandard, std::string_view("standard")},
  };
};
template <>
struct Names<log::Level> {
  static constexpr std::array kAll{
      std::pair{log::Level::kDebug, std::string_view("debug")},
      std::pair{log::Level::kInfo, std::string_view("info")},
      std::pair{log::Level::kWarning, std::string_view("warning")},
      std::pair{log::Level::kError, std::string_view("error")},
      std::pair{log::Level::kOff, std::string_view("off")},
  };
};

template <>
struct Names<SigningScheme> {
  static constexpr auto kAll = [] {
    std::array<std::pair<SigningScheme, std::string_view>, kSigningSchemeNames.size()> all;
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = {kSigningSchemeNames[i].scheme, kSigningSchemeNames[i].name};
    return all;
  }();
};

/// Every value of the enumeration is in its table.
template <class Enum>
constexpr std::string_view name_of(Enum value) {
  for (const auto& [candidate, name] : Names<Enum>::kAll) {
    if (candidate == value) return name;
  }
  return {};
}

template <class Enum>
constexpr std::optional<Enum> value_of(std::string_view wanted) {
  for (const auto& [candidate, name] : Names<Enum>::kAll) {
    if (name == wanted) return candidate;
  }
  return std::nullopt;
}

}  // namespace yizhan::config
