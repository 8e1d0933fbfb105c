// The grammar of values, as properties.
#include "config/value.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>

namespace yizhan::config {
namespace {

const Kind kAnyMilliseconds = IntegerKind{0, INT64_MAX, Unit::kMilliseconds};
const Kind kAnySeconds = IntegerKind{0, INT64_MAX, Unit::kSeconds};
const Kind kAnyBytes = IntegerKind{0, INT64_MAX, Unit::kBytes};

bool gives(const Result<Value>& result, const Value& expected) {
  return result && *result == expected;
}

std::optional<std::int64_t> number(const Kind& kind, const std::string& text) {
  const auto value = parse_text(kind, text);
  return value ? std::optional(std::get<std::int64_t>(*value)) : std::nullopt;
}

TEST(Value, Durations) {
  EXPECT_EQ(number(kAnyMilliseconds, "3000"), 3000);
  EXPECT_EQ(number(kAnyMilliseconds, " 3s "), 3000);
  EXPECT_EQ(number(kAnyMilliseconds, "250ms"), 250);
  EXPECT_EQ(number(kAnyMilliseconds, "2 m"), 120'000);
  EXPECT_EQ(number(kAnySeconds, "1h"), 3600);
  EXPECT_EQ(number(kAnySeconds, "7d"), 604'800);
  EXPECT_EQ(number(kAnySeconds, "2000ms"), 2);
  for (const char* text : {"", "s", "-", "1.5s", "1500ms", "5 x", "5S", "1m30s", "0x10", "+5", "5ss", "--5",
                           "9223372036854775808", "9223372036854775807d"}) {
    EXPECT_EQ(number(kAnySeconds, text), std::nullopt) << text;
  }
}

TEST(Value, ANumberThatOverflowsIsRefusedEvenWhereItWouldWrapIntoTheBounds) {
  EXPECT_EQ(number(kAnyMilliseconds, "213503982335d"), std::nullopt);  // 2^64 + 34,448,384 ms
  EXPECT_EQ(number(kAnyBytes, "17179869185GiB"), std::nullopt);        // 2^64 + 2^30
}

TEST(Value, Sizes) {
  EXPECT_EQ(number(kAnyBytes, "64KiB"), 65536);
  EXPECT_EQ(number(kAnyBytes, "1MiB"), 1 << 20);
  EXPECT_EQ(number(kAnyBytes, "2GiB"), std::int64_t{2} << 30);
  EXPECT_EQ(number(kAnyBytes, "7B"), 7);
  EXPECT_EQ(number(kAnyBytes, "64KB"), std::nullopt);
  EXPECT_EQ(number(kAnyBytes, "5s"), std::nullopt);
  EXPECT_EQ(number(IntegerKind{0, 100}, "5s"), std::nullopt);
}

RC_GTEST_PROP(Value, AQuantityWithAUnitIsTheNumberTimesTheUnit, ()) {
  const auto count = *rc::gen::inRange<std::int64_t>(0, 100'000'000);
  const auto [suffix, factor] = *rc::gen::element(std::pair("ms", 1), std::pair("s", 1000), std::pair("m", 60'000),
                                                  std::pair("h", 3'600'000), std::pair("d", 86'400'000));
  RC_ASSERT(number(kAnyMilliseconds, std::to_string(count) + suffix) == count * factor);
  const auto seconds = number(kAnySeconds, std::to_string(count) + suffix);
  RC_ASSERT(seconds == (count * factor % 1000 == 0 ? std::optional(count * factor / 1000) : std::nullopt));
}

RC_GTEST_PROP(Value, BoundsAreInclusive, (std::int32_t a, std::int32_t b, std::int32_t candidate)) {
  const auto [minimum, maximum] = std::minmax(a, b);
  const bool inside = candidate >= minimum && candidate <= maximum;
  const Kind kind = IntegerKind{minimum, maximum};
  RC_ASSERT(gives(parse_text(kind, std::to_string(candidate)).has_value(), inside));
  RC_ASSERT(gives(parse_toml(kind, Value(std::int64_t{candidate})).has_value(), inside));
}

RC_GTEST_PROP(Value, ListsOfDurationsReadBackAsWritten, ()) {
  const auto items = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 604'801));
  const Kind kind = IntegerListKind{0, 604'800, Unit::kSeconds, 0, 1000};
  RC_ASSERT(gives(parse_text(kind, text_form(Value(items))), Value(items)));
  RC_ASSERT(gives(parse_toml(kind, Value(items)), Value(items)));
  std::vector<std::string> texts;
  for (const auto item : items) texts.push_back(std::to_string(item) + "s");
  RC_ASSERT(gives(parse_toml(kind, Value(texts)), Value(items)));
}

RC_GTEST_PROP(Value, ListsOfTextsReadBackAsWritten, ()) {
  const auto item = rc::gen::suchThat(
      rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string("abz019-_.=/ ")))),
      [](const std::string& text) { return text.front() != ' ' && text.back() != ' '; });
  const auto items = *rc::gen::container<std::vector<std::string>>(item);
  const Kind kind = TextListKind{&kSecretText, 0, 1000};
  RC_ASSERT(gives(parse_text(kind, text_form(Value(items))), Value(items)));
}

TEST(Value, ListsTolerateBlanksButNoEmptyItems) {
  const Kind kind = IntegerListKind{0, 1000, Unit::kSeconds, 0, 3};
  EXPECT_EQ(parse_text(kind, " 10 , 30s,1m "), Value(std::vector<std::int64_t>{10, 30, 60}));
  EXPECT_EQ(parse_text(kind, " "), Value(std::vector<std::int64_t>{}));
  EXPECT_FALSE(parse_text(kind, "10,,30"));
  EXPECT_FALSE(parse_text(kind, "10,"));
  EXPECT_FALSE(parse_text(kind, "1,2,3,4"));
}

TEST(Value, Tables) {
  const Kind kind = TextTableKind{&kHeaderName, &kHeaderValue, 2};
  EXPECT_EQ(parse_text(kind, "X-A=1, X-B = a=b "), Value(TextTable{{"X-A", "1"}, {"X-B", "a=b"}}));
  EXPECT_FALSE(parse_text(kind, "X-A"));
  EXPECT_FALSE(parse_text(kind, "X A=1"));
  EXPECT_FALSE(parse_text(kind, "A=1,B=2,C=3"));
}

TEST(Value, Booleans) {
  for (const char* text : {"true", "1", "yes", "on", " true "}) EXPECT_EQ(parse_text(BooleanKind{}, text), Value(true));
  for (const char* text : {"false", "0", "no", "off"}) EXPECT_EQ(parse_text(BooleanKind{}, text), Value(false));
  for (const char* text : {"", "TRUE", "2", "y"}) EXPECT_FALSE(parse_text(BooleanKind{}, text)) << text;
}

TEST(Value, Reals) {
  const Kind kind = RealKind{0, 0.5};
  EXPECT_EQ(parse_text(kind, "0.25"), Value(0.25));
  EXPECT_EQ(parse_toml(kind, Value(std::int64_t{0})), Value(0.0));
  for (const char* text : {"", "nan", "inf", "-0.1", "0.51", "0,5"}) EXPECT_FALSE(parse_text(kind, text)) << text;
}

RC_GTEST_PROP(Value, AnyTextIsReadOrRefusedByEveryKind, (const std::string& text)) {
  const std::vector<Kind> kinds{BooleanKind{},
                                IntegerKind{0, 10},
                                kAnyMilliseconds,
                                RealKind{0, 1},
                                TextKind{&kHttpUrl},
                                ChoiceKind{{"a", "b"}},
                                TextListKind{&kNetwork},
                                IntegerListKind{0, 10, Unit::kSeconds, 1, 5},
                                TextTableKind{&kHeaderName, &kHeaderValue}};
  for (const Kind& kind : kinds) {
    const auto value = parse_text(kind, text);
    if (value) {
      RC_ASSERT(gives(parse_text(kind, text_form(*value)), *value));
    } else {
      RC_ASSERT(!value.error().message.empty());
    }
  }
}

TEST(Masking, ShowsOnlyTheBeginningOfLongSecrets) {
  EXPECT_EQ(masked("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "whse…(38 characters)");
  EXPECT_EQ(masked("short-secret"), "…(12 characters)");
  EXPECT_EQ(masked(""), "");
  EXPECT_EQ(masked("驿站驿站驿站驿站"), "…(24 characters)");
}

TEST(Masking, TakesPasswordsOutOfUrls) {
  EXPECT_EQ(without_password("postgresql://u:secret@h:5432/d"), "postgresql://u:…@h:5432/d");
  EXPECT_EQ(without_password("postgresql://u:se@cret@h/d"), "postgresql://u:…@h/d");
  EXPECT_EQ(without_password("postgresql://u@h/d?password=secret&sslmode=require"),
            "postgresql://u@h/d?password=…&sslmode=require");
  EXPECT_EQ(without_password("postgresql://h/d?sslpassword=a&password=b"), "postgresql://h/d?sslpassword=…&password=…");
  EXPECT_EQ(without_password("https://h/hook?key=a&v=1&Access_Token=b"), "https://h/hook?key=…&v=1&Access_Token=…");
  EXPECT_EQ(without_password("https://h/hook?v=1#key=2"), "https://h/hook?v=1#key=2");
  EXPECT_EQ(without_password("postgresql://u@h/d"), "postgresql://u@h/d");
  EXPECT_EQ(without_password("postgresql://[::1]:5432/d"), "postgresql://[::1]:5432/d");
  EXPECT_EQ(without_password("sqlite:/a/b.db"), "sqlite:/a/b.db");
}

}  // namespace
}  // namespace yizhan::config
