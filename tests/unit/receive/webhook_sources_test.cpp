// GitHub, Stripe, Shopify and Slack.
#include <gtest/gtest.h>

#include "receive/github.h"
#include "receive/shopify.h"
#include "receive/slack.h"
#include "receive/stripe.h"
#include "rsa_signer.h"
#include "source_request.h"

namespace yizhan::receive {
namespace {

constexpr const char* kSecret = "It's a Secret to Everybody";
const std::string kTimestamp = std::to_string(kNowSeconds);

// ---- GitHub

std::shared_ptr<const Source> github() {
  return made(make_github_source({.name = "code", .secrets = {"old", kSecret}}));
}

TestRequest delivery(std::string body, std::string_view event = "push") {
  const std::string signature = "sha256=" + hmac_sha256_hex(kSecret, body);
  return {.body = std::move(body),
          .headers = {{"Content-Type", "application/json"},
                      {"X-GitHub-Event", std::string(event)},
                      {"X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"},
                      {"X-Hub-Signature-256", signature}}};
}

TEST(GithubSource, TakesADeliveryByItsHeaders) {
  EXPECT_EQ(github()->paths(), std::vector<std::string>{"/in/code"});
  const Notice notice = notice_of(*github(), delivery(R"({"ref":"refs/heads/main"})"));
  EXPECT_EQ(notice.event_type, "push");
  EXPECT_EQ(notice.idempotency_key, "72d3162e-cc78-11e3-81ab-4c9367dc0958");
  EXPECT_EQ(keys_of(notice, "delivery_id"), "72d3162e-cc78-11e3-81ab-4c9367dc0958");
  EXPECT_TRUE(has_no_effect(notice));
  EXPECT_FALSE(notice.clear_body) << "JSON goes on byte for byte";
  EXPECT_EQ(notice_of(*github(), delivery(R"({"zen":"Keep it logically awesome."})", "ping")).event_type, "ping");
  expect_probes_answered(*github());
}

// The documentation's example, whose body is no JSON.
TEST(GithubSource, TakesTheSignatureOfTheDocumentation) {
  const TestRequest example{
      .body = "Hello, World!",
      .headers = {{"X-GitHub-Event", "push"},
                  {"X-GitHub-Delivery", "1"},
                  {"X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}}};
  EXPECT_EQ(refusal(*github(), example), "");
  EXPECT_EQ(refusal(*github(), example.with_body("Hello, World?")), "signature_mismatch");
}

TEST(GithubSource, OutOfAFormComesTheJson) {
  const auto form = [](std::string body) {
    return delivery(std::move(body)).with_header("Content-Type", "application/x-www-form-urlencoded");
  };
  const Notice notice = notice_of(*github(), form("payload=%7B%22ref%22%3A%22a%2Bb+c%22%7D"));
  EXPECT_EQ(notice.clear_body, R"({"ref":"a+b c"})");
  EXPECT_EQ(refusal(*github(), form("payload=%7B")), "json_invalid");
  EXPECT_EQ(refusal(*github(), form("other=1")), "field_missing");
  EXPECT_EQ(refusal(*github(), form("payload=%")), "form_invalid");
}

TEST(GithubSource, RefusesWhatItCannotTell) {
  EXPECT_EQ(refusal(*github(), delivery("{}").with_body("{ }")), "signature_mismatch");
  EXPECT_EQ(refusal(*github(), delivery("{}").without_header("X-Hub-Signature-256")), "signature_missing");
  EXPECT_EQ(refusal(*github(), delivery("{}").without_header("X-GitHub-Event")), "field_missing");
  EXPECT_EQ(refusal(*github(), delivery("{}").without_header("X-GitHub-Delivery")), "field_missing");
  EXPECT_EQ(refusal(*github(), delivery("{}").with_header("X-GitHub-Delivery", "\xff")), "field_invalid");
  EXPECT_EQ(refusal(*github(), delivery("{}", "a\tb")), "field_invalid");
  EXPECT_EQ(refusal(*github(), delivery("{}", std::string(129, 'a'))), "field_invalid");
}

// ---- Stripe

std::shared_ptr<const Source> stripe() {
  return made(make_stripe_source({.name = "stripe", .secrets = {"whsec_old", "whsec_new"}}));
}

TestRequest stripe_event(std::string body, std::string_view secret = "whsec_new") {
  const std::string signature = "t=" + kTimestamp + ",v1=" + hmac_sha256_hex(secret, kTimestamp + "." + body);
  return {.body = std::move(body), .headers = {{"Stripe-Signature", signature}}};
}

TEST(StripeSource, TakesAnEventByItsId) {
  const TestRequest good = stripe_event(R"({"id":"evt_1","object":"event","type":"checkout.session.completed"})");
  const Notice notice = notice_of(*stripe(), good);
  EXPECT_EQ(notice.event_type, "checkout.session.completed");
  EXPECT_EQ(notice.idempotency_key, "evt_1");
  EXPECT_EQ(keys_of(notice, "delivery_id"), "evt_1");
  EXPECT_EQ(refusal(*stripe(), stripe_event(good.body, "whsec_old")), "");
  EXPECT_EQ(refusal(*stripe(), stripe_event(good.body, "whsec_other")), "signature_mismatch");
  EXPECT_EQ(refusal(*stripe(), good.with_body("{}")), "signature_mismatch");
  EXPECT_EQ(refusal(*stripe(), good.at(kNowSeconds + 301)), "timestamp_out_of_tolerance");
  EXPECT_EQ(refusal(*stripe(), stripe_event(R"({"id":"evt_1"})")), "field_missing");
  EXPECT_EQ(refusal(*stripe(), stripe_event(R"({"type":"x"})")), "field_missing");
  EXPECT_EQ(refusal(*stripe(), stripe_event("evt_1")), "json_invalid");
  EXPECT_EQ(accepted_answer(*stripe()), (Answered{200, R"({"ok":true,"id":17,"duplicate":false})"}));
}

// ---- Shopify

TEST(ShopifySource, TakesACallbackByItsHeaders) {
  const auto shopify = made(make_shopify_source({.name = "shop", .secrets = {"shopify-secret"}}));
  const TestRequest good{.body = R"({"id":820982911946154508})",
                         .headers = {{"X-Shopify-Hmac-Sha256", "5A3oQQfW+WMeNQwhapvpG0xvKI5Ip4Bp9W/9ifwwyGk="},
                                     {"X-Shopify-Topic", "orders/paid"},
                                     {"X-Shopify-Webhook-Id", "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"}}};
  const Notice notice = notice_of(*shopify, good);
  EXPECT_EQ(notice.event_type, "orders/paid");
  EXPECT_EQ(notice.idempotency_key, "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043");
  EXPECT_EQ(keys_of(notice, "delivery_id"), "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043");
  EXPECT_EQ(shopify->answer_within(), Milliseconds{4500});
  EXPECT_EQ(refusal(*shopify, good.with_body("{}")), "signature_mismatch");
  EXPECT_EQ(refusal(*shopify, good.without_header("X-Shopify-Topic")), "field_missing");
  EXPECT_EQ(refusal(*shopify, good.without_header("X-Shopify-Webhook-Id")), "field_missing");
}

// ---- Slack

constexpr const char* kSlackSecret = "8f742231b10e8888abcd99yyyzzz85a5";

std::shared_ptr<const Source> slack() {
  return made(make_slack_source({.name = "slack", .secrets = {kSlackSecret}}));
}

TestRequest slack_request(std::string body) {
  const std::string signature = "v0=" + hmac_sha256_hex(kSlackSecret, "v0:" + kTimestamp + ":" + body);
  return {.body = std::move(body),
          .headers = {{"X-Slack-Request-Timestamp", kTimestamp}, {"X-Slack-Signature", signature}}};
}

TEST(SlackSource, AnEventIsTheSameWhenItIsTriedAgain) {
  const TestRequest event =
      slack_request(R"({"type":"event_callback","event_id":"Ev123ABC456","event":{"type":"app_mention"}})");
  const Notice notice = notice_of(*slack(), event);
  EXPECT_EQ(notice.event_type, "app_mention");
  EXPECT_EQ(notice.idempotency_key, "Ev123ABC456");
  EXPECT_EQ(keys_of(notice, "delivery_id"), "Ev123ABC456");
  const TestRequest again =
      event.with_header("X-Slack-Retry-Num", "1").with_header("X-Slack-Retry-Reason", "http_timeout");
  EXPECT_EQ(notice_of(*slack(), again).idempotency_key, "Ev123ABC456");
  EXPECT_EQ(slack()->answer_within(), Milliseconds{2500});
}

TEST(SlackSource, TheChallengeGoesBackEscaped) {
  const Reply reply =
      reply_to(*slack(), slack_request(R"({"token":"t","challenge":"<script>\"\u0007","type":"url_verification"})"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "application/json; charset=utf-8");
  EXPECT_EQ(reply.body, R"({"challenge":"<script>\"\u0007"})");
  EXPECT_EQ(refusal(*slack(), slack_request(R"({"type":"url_verification"})")), "field_missing");
  // Whoever cannot sign gets nothing back.
  EXPECT_EQ(refusal(*slack(), {.body = R"({"challenge":"c","type":"url_verification"})"}), "signature_missing");
}

TEST(SlackSource, TakesCommandsAndInteractions) {
  const Notice command = notice_of(*slack(), slack_request("command=%2Fweather&text=94070"));
  EXPECT_EQ(command.event_type, "slash_command");
  EXPECT_EQ(command.clear_body, R"({"command":"/weather","text":"94070"})");
  EXPECT_EQ(command.idempotency_key, "sha256:" + verify::sha256_hex("command=%2Fweather&text=94070"));

  const Notice interaction = notice_of(*slack(), slack_request("payload=%7B%22type%22%3A%22block_actions%22%7D"));
  EXPECT_EQ(interaction.event_type, "block_actions");
  EXPECT_EQ(interaction.clear_body, R"({"type":"block_actions"})");

  const Notice no_event = notice_of(*slack(), slack_request(R"({"type":"app_rate_limited"})"));
  EXPECT_EQ(no_event.event_type, "app_rate_limited");
  EXPECT_TRUE(no_event.idempotency_key.starts_with("sha256:"));
}

// The example of Slack's documentation, on its own day.
TEST(SlackSource, TakesTheSignatureOfTheDocumentation) {
  const TestRequest example{
      .body =
          "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
          "channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
          "response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F"
          "96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
      .headers = {{"X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"},
                  {"X-Slack-Request-Timestamp", "1531420618"}}};
  EXPECT_EQ(notice_of(*slack(), example.at(1531420618)).event_type, "slash_command");
  EXPECT_EQ(refusal(*slack(), example.at(1531420618 + 301)), "timestamp_out_of_tolerance");
}

TEST(SlackSource, RefusesWhatItCannotTell) {
  EXPECT_EQ(refusal(*slack(), slack_request("{}").with_body("{ }")), "signature_mismatch");
  EXPECT_EQ(refusal(*slack(), slack_request("{}")), "field_missing");
  EXPECT_EQ(refusal(*slack(), slack_request("{")), "json_invalid");
  EXPECT_EQ(refusal(*slack(), slack_request("a=1")), "field_missing");
  EXPECT_EQ(refusal(*slack(), slack_request("payload=x")), "json_invalid");
  EXPECT_EQ(refusal(*slack(), slack_request("payload=%7B%7D")), "field_missing");
}

TEST(SlackSource, AnswersByteForByte) {
  EXPECT_EQ(accepted_answer(*slack()), (Answered{200, ""}));
  EXPECT_EQ(duplicate_answer(*slack()), (Answered{200, ""}));
  EXPECT_EQ(rejected_answer(*slack(), "json_invalid"),
            (Answered{400, R"({"ok":false,"code":"json_invalid","message":"Not \"good\"."})"}));
  EXPECT_EQ(unavailable_answer(*slack()),
            (Answered{503, R"({"ok":false,"code":"store_unavailable","message":"Try again."})"}));
  EXPECT_EQ(slack()->answer({.kind = Outcome::Kind::kRejected}).extra_header_lines, "X-Slack-No-Retry: 1\r\n");
  EXPECT_EQ(slack()->answer({.kind = Outcome::Kind::kUnavailable}).extra_header_lines, "");
}

}  // namespace
}  // namespace yizhan::receive
