// The notify step on a real embedded store: how rows of notify_queue end, and that nothing is told twice.
#include "notify/notify_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cstdlib>

#include <boost/asio/executor_work_guard.hpp>
#include <future>

#include "harness/temporary_folder.h"
#include "store/sqlite/sqlite_factory.h"

namespace yizhan::notify {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

/// Answers when and what the test says.
class ToldRecipients final : public RecipientFinder {
 public:
  void find(const std::vector<store::NotifyTask>& tasks, std::function<void(std::vector<Found>)> done) override {
    ++calls;
    on_find();
    std::vector<Found> answers(tasks.size(), answer);
    if (!hold) return done(std::move(answers));
    held = [answers = std::move(answers), done = std::move(done)] { done(answers); };
  }

  int calls = 0;
  Found answer = Recipients{"u-1", "m-1"};
  std::function<void()> on_find = [] {};
  bool hold = false;
  std::function<void()> held;
};

class NotifyStepTest : public testing::Test {
 protected:
  void SetUp() override {
    auto factory = store::sqlite::open_factory(folder_ / "yizhan.db", store::OpenMode::kServe);
    ASSERT_TRUE(factory) << factory.error().message;
    factory_ = std::move(*factory);
    auto writer = factory_->open_writer();
    ASSERT_TRUE(writer) << writer.error().message;
    commits_ = std::make_unique<store::GroupCommit>(
        std::move(*writer), [this](std::move_only_function<void()> work) { http::asio::post(io_, std::move(work)); },
        store::GroupCommit::Options{});
  }
  void TearDown() override {
    step_.reset();
    commits_.reset();
    io_.restart();
    io_.poll();
    factory_.reset();
  }

  /// The rows of the last statement, columns joined by `|`.
  std::vector<std::string> sql(const std::string& text) {
    std::promise<std::vector<std::string>> rows;
    commits_->run([&](store::Store& store) {
      std::vector<std::string> all;
      const auto results = store.sql(text);
      if (!results) all.push_back("error: " + results.error().message);
      for (const auto& row : results && !results->empty() ? results->back().rows : decltype(results->back().rows){}) {
        std::string line;
        for (const auto& value : row) line += (&value == &row.front() ? "" : "|") + value.value_or("NULL");
        all.push_back(line);
      }
      rows.set_value(std::move(all));
    });
    return rows.get_future().get();
  }
  void change(const std::string& text) { EXPECT_THAT(sql(text), IsEmpty()) << text; }

  /// A parcel with its order, and a tracking event of it that somebody has to be told of.
  void add_parcel(const std::string& number, const std::string& order_id = "order-1") {
    change("INSERT INTO platform_express_waybills (tracking_no, order_id) VALUES ('" + number + "', '" + order_id +
           "');");
    add_event(number, "IN_TRANSIT");
  }
  void add_order(const std::string& user, const std::string& merchant) {
    change("INSERT INTO ml_orders (id, user_id, merchant_id) VALUES ('order-1', " + user + ", " + merchant + ");");
  }
  void add_event(const std::string& number, const std::string& state) {
    const std::string id = "event-" + number + "-" + state;
    change(
        "INSERT INTO platform_express_tracking_events (id, tracking_no, event_key, status_code, event_time, event_text)"
        " VALUES ('" +
        id + "', '" + number + "', '" + id + "', '" + state +
        "', '2026-02-06 08:30:00.000000', 'arrived');"
        "INSERT INTO notify_queue (id, tracking_event_id) VALUES ('queue-" +
        number + "-" + state + "', '" + id + "');");
  }
  std::vector<std::string> queue() {
    return sql("SELECT process_status, attempt_count, last_error FROM notify_queue ORDER BY id");
  }
  std::vector<std::string> told() {
    return sql("SELECT message_id, aud, recipient_id, status_code FROM express_notifications ORDER BY message_id");
  }

  NotifyStep& step(RecipientFinder& finder, std::vector<Template> configured = {}, NotifyOptions options = {}) {
    templates_ = Templates::make(std::move(configured), Language::kChinese).value();
    step_ = std::make_unique<NotifyStep>(io_, *commits_, finder, templates_, std::move(options));
    return *step_;
  }
  StepResult pass(NotifyStep& step) {
    std::optional<StepResult> result;
    step.run([&](StepResult given) { result = given; });
    run_until([&] { return result.has_value(); });
    return *result;
  }
  template <class Condition>
  void run_until(Condition condition) {
    io_.restart();
    const auto waiting = http::asio::make_work_guard(io_);
    while (!condition()) {
      if (io_.run_one_for(Seconds(60)) == 0) throw std::runtime_error("nothing happened for a minute");
    }
  }

  TemporaryFolder folder_;
  http::asio::io_context io_{1};
  std::unique_ptr<store::StoreFactory> factory_;
  std::unique_ptr<store::GroupCommit> commits_;
  Templates templates_ = Templates::make({}, Language::kChinese).value();
  std::unique_ptr<NotifyStep> step_;
  LocalRecipients local_;
  ToldRecipients other_;
};

TEST_F(NotifyStepTest, UserAndMerchantAreToldOnceEach) {
  add_order("'u-1'", "'m-1'");
  add_parcel("YT1");
  const StepResult result = pass(step(local_));
  EXPECT_THAT(queue(), ElementsAre("queued|0|NULL"));
  EXPECT_THAT(told(), ElementsAre("event-YT1-IN_TRANSIT:merchant|merchant|m-1|IN_TRANSIT",
                                  "event-YT1-IN_TRANSIT:user|user|u-1|IN_TRANSIT"));
  EXPECT_THAT(sql("SELECT title, send_status FROM express_notifications WHERE aud = 'user'"),
              ElementsAre("包裹运输中|NULL"));
  EXPECT_FALSE(result.more);
  EXPECT_EQ(result.next_at, std::nullopt);
  EXPECT_EQ(step_->counters().queued, 1U);
}

TEST_F(NotifyStepTest, WithNothingToDoNobodyIsAsked) {
  const StepResult result = pass(step(other_));
  EXPECT_EQ(other_.calls, 0);
  EXPECT_FALSE(result.more);
  EXPECT_EQ(result.next_at, std::nullopt);
}

TEST_F(NotifyStepTest, OneAudienceIsEnough) {
  add_order("NULL", "'m-1'");
  add_parcel("YT1");
  pass(step(local_));
  EXPECT_THAT(queue(), ElementsAre("queued|0|NULL"));
  EXPECT_THAT(told(), ElementsAre(StartsWith("event-YT1-IN_TRANSIT:merchant|")));
}

TEST_F(NotifyStepTest, WhatNobodyIsToldIsSkippedWithTheReason) {
  add_order("NULL", "NULL");
  add_parcel("YT1");
  add_parcel("YT2", "order-2");
  add_parcel("YT3");
  change("UPDATE platform_express_waybills SET order_id = NULL WHERE tracking_no = 'YT3'");
  add_event("YT4", "DELIVERED");
  pass(step(local_));
  EXPECT_THAT(queue(),
              ElementsAre(StartsWith("skipped|0|order_without_recipients: "), StartsWith("skipped|0|order_not_found: "),
                          StartsWith("skipped|0|order_missing: "), StartsWith("skipped|0|waybill_unknown: ")));
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(step_->counters().skipped, 4U);
}

TEST_F(NotifyStepTest, AStateThatIsSilentForAllIsSkipped) {
  add_order("'u-1'", "'m-1'");
  add_parcel("YT1");
  pass(step(local_, {{.status_code = "IN_TRANSIT", .audience = "*", .silent = true}}));
  EXPECT_THAT(queue(), ElementsAre(StartsWith("skipped|0|state_silent: ")));
  add_event("YT1", "DELIVERED");
  pass(step(local_, {{.status_code = "DELIVERED", .audience = "user", .silent = true}}));
  EXPECT_THAT(told(), ElementsAre(StartsWith("event-YT1-DELIVERED:merchant|")));
}

TEST_F(NotifyStepTest, WhatHasToBeMendedFailsAndRunsAgainAfterAReset) {
  add_parcel("YT1");
  other_.answer = std::unexpected(NoRecipients{NoRecipients::Kind::kFail, "jwt_expired", "Make a new key."});
  pass(step(other_));
  EXPECT_THAT(queue(), ElementsAre("failed|0|jwt_expired: Make a new key."));
  pass(*step_);
  EXPECT_EQ(other_.calls, 1) << "it waits for somebody to mend it";
  other_.answer = Recipients{"u-1", ""};
  change("UPDATE notify_queue SET processed_at = NULL, process_status = NULL, last_error = NULL");
  pass(*step_);
  EXPECT_THAT(queue(), ElementsAre("queued|0|NULL"));
  EXPECT_THAT(told(), SizeIs(1));
  EXPECT_EQ(step_->counters().failed, 1U);
}

TEST_F(NotifyStepTest, AnAlarmIsRaisedOnceAMinuteHoweverManyRowsFail) {
  for (const std::string number : {"YT1", "YT2", "YT3"}) add_parcel(number);
  other_.answer = std::unexpected(NoRecipients{NoRecipients::Kind::kFail, "jwt_expired", "Make a new key."});
  NotifyStep& notify = step(other_, {}, {.batch_size = 2});
  testing::internal::CaptureStderr();
  pass(notify);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("\"notify_failed\""), HasSubstr("\"code\":\"jwt_expired\""),
                    HasSubstr("\"message\":\"Make a new key.\""), HasSubstr("\"rows\":2")));
  testing::internal::CaptureStderr();
  pass(notify);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), Not(HasSubstr("notify_failed")));
  EXPECT_EQ(notify.counters().failed, 3U);
}

TEST_F(NotifyStepTest, AFaultThatPassesPutsOffLongerEachTimeAndNeverEndsIt) {
  add_parcel("YT1");
  other_.answer = std::unexpected(NoRecipients{NoRecipients::Kind::kPutOff, "postgrest_unavailable", "No answer."});
  NotifyStep& notify = step(other_, {}, {.retry_schedule = {Seconds{100}, Seconds{500}}});
  const std::vector<Seconds> pauses{Seconds{100}, Seconds{500}, Seconds{500}, Seconds{500}};
  for (std::size_t i = 0; i < pauses.size(); ++i) {
    const UtcTime before = utc_now();
    const StepResult result = pass(notify);
    ASSERT_TRUE(result.next_at);
    EXPECT_GE(*result.next_at, before + pauses[i] - Seconds{1});
    EXPECT_LE(*result.next_at, utc_now() + pauses[i]);
    EXPECT_THAT(queue(), ElementsAre("NULL|" + std::to_string(i + 1) + "|postgrest_unavailable: No answer."));
    EXPECT_FALSE(pass(notify).more);
    EXPECT_EQ(other_.calls, static_cast<int>(i) + 1) << "not before its time";
    change("UPDATE notify_queue SET next_attempt_at = '2026-01-01 00:00:00.000000'");
  }
  other_.answer = Recipients{"u-1", "m-1"};
  pass(notify);
  EXPECT_THAT(queue(), ElementsAre("queued|4|NULL"));
  EXPECT_EQ(step_->counters().put_off, 4U);
}

TEST_F(NotifyStepTest, ARowThatIsResetByHandDoublesNothing) {
  add_order("'u-1'", "'m-1'");
  add_parcel("YT1");
  pass(step(local_));
  const auto before = sql("SELECT id, message_id FROM express_notifications ORDER BY message_id");
  for (int i = 0; i < 3; ++i) {
    // As the seed's runbook has it, section 8.1.
    change(
        "UPDATE notify_queue SET processed_at = NULL, process_status = NULL, last_error = NULL WHERE id = "
        "'queue-YT1-IN_TRANSIT'");
    pass(*step_);
    EXPECT_THAT(queue(), ElementsAre("queued|0|NULL"));
  }
  EXPECT_EQ(sql("SELECT id, message_id FROM express_notifications ORDER BY message_id"), before);
}

TEST_F(NotifyStepTest, AFullBatchIsFollowedByTheNext) {
  add_order("'u-1'", "NULL");
  for (const std::string number : {"A", "B", "C", "D", "E"}) add_parcel(number);
  NotifyStep& notify = step(local_, {}, {.batch_size = 2});
  EXPECT_TRUE(pass(notify).more);
  EXPECT_TRUE(pass(notify).more);
  EXPECT_FALSE(pass(notify).more);
  EXPECT_THAT(told(), SizeIs(5));
}

TEST_F(NotifyStepTest, WhatWasClaimedByOneThatDiedIsTakenAgainWhenItsLeaseEnds) {
  add_parcel("YT1");
  other_.hold = true;
  step(other_).run([](StepResult) { FAIL() << "it was destroyed"; });
  run_until([&] { return other_.held != nullptr; });
  step_.reset();
  other_.hold = false;
  NotifyStep& next = step(other_);
  const StepResult waiting = pass(next);
  EXPECT_EQ(other_.calls, 1) << "the lease stands";
  ASSERT_TRUE(waiting.next_at);
  EXPECT_GT(*waiting.next_at, utc_now());
  EXPECT_LE(*waiting.next_at, utc_now() + Seconds{60});
  change("UPDATE notify_queue SET lease_expires_at = '2026-01-01 00:00:00.000000'");
  pass(next);
  EXPECT_THAT(queue(), ElementsAre("queued|0|NULL"));
  EXPECT_THAT(told(), SizeIs(2));
  other_.held();
  EXPECT_THAT(told(), SizeIs(2)) << "what comes for the dead is dropped";
}

TEST_F(NotifyStepTest, ALateResultIsRefused) {
  add_parcel("YT1");
  other_.hold = true;
  std::optional<StepResult> late;
  step(other_).run([&](StepResult result) { late = result; });
  run_until([&] { return other_.held != nullptr; });
  // Another node takes over, and ends it otherwise.
  change("UPDATE notify_queue SET lease_token = NULL, lease_expires_at = NULL");
  LocalRecipients local;
  const Templates templates = Templates::make({}, Language::kChinese).value();
  NotifyStep other_node(io_, *commits_, local, templates, {});
  pass(other_node);
  EXPECT_THAT(queue(), ElementsAre(StartsWith("skipped|0|order_not_found")));
  other_.held();
  run_until([&] { return late.has_value(); });
  EXPECT_THAT(queue(), ElementsAre(StartsWith("skipped|0|order_not_found")));
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(NotifyStepTest, AStoreThatRefusesAClaimIsAskedAgainSoon) {
  add_order("'u-1'", "NULL");
  add_parcel("YT1");
  change("ALTER TABLE notify_queue RENAME TO elsewhere");
  const StepResult result = pass(step(local_));
  ASSERT_TRUE(result.next_at);
  EXPECT_LE(*result.next_at, utc_now() + Seconds{2});
  change("ALTER TABLE elsewhere RENAME TO notify_queue");
  pass(*step_);
  EXPECT_THAT(queue(), ElementsAre("queued|0|NULL"));
}

TEST_F(NotifyStepTest, WhatTheStoreRefusedToRecordIsRecordedLaterWithoutAskingAgain) {
  add_parcel("YT1");
  add_parcel("YT2");
  other_.on_find = [&] { change("ALTER TABLE express_notifications RENAME TO elsewhere"); };
  NotifyStep& notify = step(other_);
  const StepResult refused = pass(notify);
  ASSERT_TRUE(refused.next_at);
  EXPECT_LE(*refused.next_at, utc_now() + Seconds{2});
  EXPECT_THAT(queue(), ElementsAre("NULL|0|NULL", "NULL|0|NULL"));
  EXPECT_EQ(notify.counters().queued, 0U);
  change("ALTER TABLE elsewhere RENAME TO express_notifications");
  pass(notify);
  EXPECT_EQ(other_.calls, 1);
  EXPECT_THAT(queue(), ElementsAre("queued|0|NULL", "queued|0|NULL"));
  EXPECT_THAT(told(), SizeIs(4));
  EXPECT_EQ(notify.counters().queued, 2U);
}

TEST_F(NotifyStepTest, ARecipientThatCannotBeStoredSpoilsOnlyItsOwnRow) {
  add_order("'u-1'", "NULL");
  add_parcel("YT1");
  add_parcel("YT2", "order-2");
  change("INSERT INTO ml_orders (id, user_id) VALUES ('order-2', '" + std::string(300, 'x') + "')");
  pass(step(local_));
  EXPECT_THAT(queue(), ElementsAre("queued|0|NULL", StartsWith("failed|0|")));
  EXPECT_THAT(told(), SizeIs(1));
}

}  // namespace
}  // namespace yizhan::notify
