// The names of the error classes, which the store, the API and the log share, and what the classes have in common.
#include "domain/attempt.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace yizhan {
namespace {

TEST(ErrorClass, HasOneNameAndIsFoundByIt) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < kErrorClassCount; ++i) {
    const auto error_class = static_cast<ErrorClass>(i);
    const std::string_view name = to_string(error_class);
    EXPECT_EQ(name.empty(), error_class == ErrorClass::kNone) << i;
    EXPECT_TRUE(names.insert(std::string(name)).second) << name;
    EXPECT_EQ(parse_error_class(name), error_class) << name;
  }
  EXPECT_EQ(to_string(static_cast<ErrorClass>(kErrorClassCount)), "") << "kErrorClassCount counts them all";
  EXPECT_EQ(parse_error_class("push_"), std::nullopt);
}

TEST(ErrorClass, OnesOfThePushServiceAreNamedSo) {
  for (std::size_t i = 0; i < kErrorClassCount; ++i) {
    const auto error_class = static_cast<ErrorClass>(i);
    EXPECT_EQ(is_of_push_service(error_class), to_string(error_class).starts_with("push_")) << to_string(error_class);
  }
}

TEST(ErrorClass, FinalOnesSpeakOfOneDeviceOrOneMessage) {
  std::set<std::string_view> final_names;
  for (std::size_t i = 0; i < kErrorClassCount; ++i) {
    const auto error_class = static_cast<ErrorClass>(i);
    if (is_final(error_class)) final_names.insert(to_string(error_class));
  }
  EXPECT_EQ(final_names, (std::set<std::string_view>{"signing", "push_target_invalid", "push_ignored", "push_refused",
                                                     "alert_refused"}));
}

}  // namespace
}  // namespace yizhan
