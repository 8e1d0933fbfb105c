// Alerts to the robots, to Alibaba Cloud's SMS and to webhooks: what the binary sends is signed as other people's code
// signs it.
import assert from "node:assert/strict";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import OpenApiUtil from "@alicloud/openapi-util";
import DingtalkRobot from "dingtalk-robot-sender";
import { Webhook } from "standardwebhooks";

import { channelVariables, raise } from "./alerts.js";
import { PlatformServer } from "./platform_server.js";
import { Service } from "./service.js";

const DINGTALK_SECRET = "SECb7f0d2a91c5e4b3f8a6d7c9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c";
const DINGTALK_TOKEN = "9f8e7d6c5b4a39281706f5e4d3c2b1a0";
const FEISHU_SECRET = "FeishuSecret1234567890";
const FEISHU_TOKEN = "f19a1e22-0000-4444-8888-123456789abc";
const WECOM_KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa";
const ACCESS_KEY = { id: "LTAI5tExample", secret: "ExampleAccessKeySecret123" };
const WEBHOOK_SECRET = `whsec_${randomBytes(32).toString("base64")}`;

let robots;
let service;

before(async () => {
  robots = await PlatformServer.start();
  service = await Service.start(
    {},
    {
      variables: channelVariables({
        ding: {
          kind: "dingtalk",
          url: robots.url("/robot/send"),
          token: DINGTALK_TOKEN,
          secret: DINGTALK_SECRET,
          at_mobiles: "13800000000",
        },
        fei: { kind: "feishu", url: robots.url("/open-apis/bot/v2/hook"), token: FEISHU_TOKEN, secret: FEISHU_SECRET },
        wecom: { url: robots.url("/cgi-bin/webhook/send"), token: WECOM_KEY, language: "zh" },
        sms: {
          url: robots.url("/"),
          access_key_id: ACCESS_KEY.id,
          access_key_secret: ACCESS_KEY.secret,
          phone_numbers: "13800000000,13900000000",
          sign_name: "驿站 (测试)",
          template_code: "SMS_123456",
          language: "zh",
          template_parameters: "what=title,times=count",
        },
        hook: { kind: "webhook", url: robots.url("/hook"), secret: WEBHOOK_SECRET },
      }),
    },
  );
});

after(async () => {
  await service?.stop();
  await robots?.stop();
});

async function callTo(channel, path) {
  const event = await raise(service, channel);
  const isMeant = (call) => call.path.split("?")[0] === path;
  const call = await robots.until(
    () => robots.callbacks.find(isMeant),
    () => `nothing came to ${path}: ${robots.callbacks.map((each) => each.path)}`,
  );
  const query = Object.fromEntries(new URL(call.path, "http://robot").searchParams);
  return { event, call, query, json: call.body.length > 0 ? JSON.parse(call.body) : null };
}

test("DingTalk: the URL is the one that dingtalk-robot-sender makes", async () => {
  const { call, query, json } = await callTo("ding", "/robot/send");
  const timestamp = Number(query.timestamp);
  assert.ok(Math.abs(Date.now() - timestamp) < 60_000, "milliseconds");
  // Their client, at the same moment, without the network.
  let theirs;
  const httpclient = { request: (url, options) => (theirs = { url, options }) };
  const robot = new DingtalkRobot({
    baseUrl: robots.url("/robot/send"),
    accessToken: DINGTALK_TOKEN,
    secret: DINGTALK_SECRET,
    httpclient,
  });
  const { now } = Date;
  Date.now = () => timestamp;
  try {
    robot.markdown(json.markdown.title, json.markdown.text, { atMobiles: ["13800000000"], isAtAll: false });
  } finally {
    Date.now = now;
  }
  assert.equal(robots.url(call.path), theirs.url);
  assert.deepEqual(json, JSON.parse(theirs.options.data));
  assert.match(json.markdown.title, /Yizhan alert: 3 events for crm became dead letters/);
  assert.match(json.markdown.text, /yizhan dead-letters --platform crm/);
  assert.ok(json.markdown.text.endsWith("\n@13800000000"));
});

test("Feishu: the sign is Node's HMAC of nothing under timestamp and secret", async () => {
  const { call, json } = await callTo("fei", `/open-apis/bot/v2/hook/${FEISHU_TOKEN}`);
  assert.equal(call.headers["content-type"], "application/json; charset=utf-8");
  assert.ok(Math.abs(Date.now() / 1000 - Number(json.timestamp)) < 60, "seconds");
  assert.equal(json.sign, createHmac("sha256", `${json.timestamp}\n${FEISHU_SECRET}`).digest("base64"));
  assert.equal(json.msg_type, "post");
  const post = json.content.post.zh_cn;
  assert.match(post.title, /Yizhan alert: 3 events/);
  const texts = post.content.flat();
  assert.ok(texts.every(({ tag }) => tag === "text"), "plain text only: no links, no mentions");
  assert.ok(texts.some(({ text }) => text === "Next: yizhan dead-letters --platform crm"));
});

test("WeCom: markdown, in Chinese where that is set", async () => {
  const { query, json } = await callTo("wecom", "/cgi-bin/webhook/send");
  assert.deepEqual(query, { key: WECOM_KEY });
  assert.equal(json.msgtype, "markdown");
  assert.match(json.markdown.content, /^### 🔴 Yizhan 告警: crm 出现死信\n/);
  assert.match(json.markdown.content, /\*\*开始于\*\*: 2026-02-06 16:30:00 \(UTC\+8\)/);
});

test("SMS: the authorization is the one that Alibaba's own library makes", async () => {
  const { event, call, query } = await callTo("sms", "/");
  const { headers } = call;
  assert.equal(headers["x-acs-action"], "SendSms");
  assert.equal(headers["x-acs-version"], "2017-05-25");
  assert.ok(Math.abs(Date.now() - Date.parse(headers["x-acs-date"])) < 60_000);
  assert.match(headers["x-acs-date"], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const bodyHash = createHash("sha256").update(call.body).digest("hex");
  assert.equal(headers["x-acs-content-sha256"], bodyHash);
  const request = { method: "POST", pathname: "/", query, headers };
  const theirs = OpenApiUtil.default.getAuthorization(
    request,
    "ACS3-HMAC-SHA256",
    bodyHash,
    ACCESS_KEY.id,
    ACCESS_KEY.secret,
  );
  assert.equal(headers.authorization, theirs);
  assert.equal(query.OutId, event);
  assert.equal(query.PhoneNumbers, "13800000000,13900000000");
  assert.equal(query.SignName, "驿站 (测试)");
  assert.equal(query.TemplateCode, "SMS_123456");
  assert.deepEqual(JSON.parse(query.TemplateParam), { what: "crm 出现死信", times: "3" });
});

test("a webhook: the alert's JSON, signed by Standard Webhooks", async () => {
  const { event, call, json } = await callTo("hook", "/hook");
  assert.equal(call.headers["webhook-id"], event);
  assert.equal(call.headers["x-yizhan-event-type"], "alert.raised");
  assert.equal(json.cause, "dead_letter:crm");
  new Webhook(WEBHOOK_SECRET).verify(call.body, call.headers);
  assert.throws(() => new Webhook(WEBHOOK_SECRET).verify(`${call.body} `, call.headers));
});
