// Recipients of orders that stand beside the queue.
#include "notify/recipients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "notify_task.h"

namespace yizhan::notify {
namespace {

Found found(const store::NotifyTask& task) {
  std::vector<Found> answers;
  LocalRecipients().find({task}, [&](std::vector<Found> all) { answers = std::move(all); });
  return answers.at(0);
}

std::string reason(const store::NotifyTask& task) {
  const Found answer = found(task);
  if (answer) return "none";
  EXPECT_EQ(answer.error().kind, NoRecipients::Kind::kSkip);
  EXPECT_TRUE(answer.error().text().starts_with(answer.error().code + ": ")) << answer.error().text();
  return answer.error().code;
}

TEST(LocalRecipients, AreThoseOfTheOrder) {
  EXPECT_EQ(found(task_of())->user_id, "u-1");
  EXPECT_EQ(found(task_of())->merchant_id, "m-1");
  store::NotifyTask task = task_of();
  task.user_id.clear();
  EXPECT_EQ(found(task)->user_id, "");
  EXPECT_EQ(found(task)->merchant_id, "m-1");
}

TEST(LocalRecipients, WhyThereAreNoneIsSaid) {
  store::NotifyTask task = task_of();
  task.user_id.clear();
  task.merchant_id.clear();
  EXPECT_EQ(reason(task), "order_without_recipients");
  task.order_found = false;
  EXPECT_EQ(reason(task), "order_not_found");
  task.order_id.clear();
  EXPECT_EQ(reason(task), "order_missing");
  task.waybill_found = false;
  EXPECT_EQ(reason(task), "waybill_unknown");
  task.step.tracking_no.clear();
  EXPECT_EQ(reason(task), "waybill_unknown");
}

TEST(LocalRecipients, EachTaskIsAnsweredInOrder) {
  std::vector<store::NotifyTask> tasks(3, task_of());
  tasks[0].user_id = "a";
  tasks[1].order_found = false;
  tasks[2].user_id = "c";
  std::vector<Found> answers;
  LocalRecipients().find(tasks, [&](std::vector<Found> all) { answers = std::move(all); });
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[0]->user_id, "a");
  EXPECT_FALSE(answers[1].has_value());
  EXPECT_EQ(answers[2]->user_id, "c");
}

}  // namespace
}  // namespace yizhan::notify
