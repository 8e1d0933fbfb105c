#include "cli/selection_options.h"

#include <gtest/gtest.h>

namespace yizhan::cli {
namespace {

const UtcTime kNow = parse_time("2026-02-06T08:30:00Z").value();

TEST(SelectionOptions, BecomeASelection) {
  SelectionOptions options;
  options.ids = {"a", "b"};
  options.statuses = {"dead_letter", "retrying"};
  options.platform = "sub2api";
  options.event_type = "reply.created";
  options.error_class = "timeout";
  options.correlation = "order-1001";
  options.since = "2h";
  options.until = "2026-02-06T08:00:00Z";
  const auto selection = to_selection(options, kNow);
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_EQ(selection->ids, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(selection->statuses, (std::vector{EventStatus::kDeadLetter, EventStatus::kRetrying}));
  EXPECT_EQ(selection->platform, "sub2api");
  EXPECT_EQ(selection->event_type, "reply.created");
  EXPECT_EQ(selection->error_class, "timeout");
  EXPECT_EQ(selection->correlation, "order-1001");
  EXPECT_EQ(selection->created_from, parse_time("2026-02-06T06:30:00Z"));
  EXPECT_EQ(selection->created_until, parse_time("2026-02-06T08:00:00Z"));
  EXPECT_EQ(describe(*selection),
            "status dead_letter or retrying, platform sub2api, type reply.created, error class timeout, correlation "
            "order-1001, since 2026-02-06 06:30:00, before 2026-02-06 08:00:00");
}

TEST(SelectionOptions, NothingGivenSelectsEverything) {
  SelectionOptions options;
  EXPECT_TRUE(selects_everything(options));
  EXPECT_EQ(describe(to_selection(options, kNow).value()), "");
  options.until = "7d";
  EXPECT_FALSE(selects_everything(options));
}

TEST(SelectionOptions, WrongValuesNameTheOptionAndWhatIsAllowed) {
  const auto refused = [](auto set) {
    SelectionOptions options;
    set(options);
    const auto selection = to_selection(options, kNow);
    EXPECT_FALSE(selection);
    return selection ? Error{} : selection.error();
  };
  Error error = refused([](SelectionOptions& options) { options.statuses = {"dead"}; });
  EXPECT_EQ(error.code, "usage_invalid");
  EXPECT_EQ(error.message, "--status: 'dead' is none of pending, retrying, delivered, dead_letter, discarded");
  error = refused([](SelectionOptions& options) { options.error_class = "oops"; });
  EXPECT_NE(error.message.find("--error-class: 'oops' is none of dns, connect"), std::string::npos) << error.message;
  error = refused([](SelectionOptions& options) { options.since = "soon"; });
  EXPECT_TRUE(error.message.starts_with("--since: 'soon'")) << error.message;
  error = refused([](SelectionOptions& options) {
    options.since = "1h";
    options.until = "2h";
  });
  EXPECT_NE(error.message.find("not before"), std::string::npos);
}

}  // namespace
}  // namespace yizhan::cli
