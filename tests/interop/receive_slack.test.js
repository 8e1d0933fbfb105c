// Slack's requests, signed as its documentation says and found good or bad by Slack's own framework, Bolt.
import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import { isValidSlackRequest } from "@slack/bolt";

import { tamperedCopies } from "./platform_server.js";
import { Sender, jsonDialect, now, spoil, staleTimes, withHeader, withoutHeader } from "./sender.js";
import { Service } from "./service.js";
import { Subscriber } from "./subscriber.js";

const JSON_TYPE = "application/json";
const FORM_TYPE = "application/x-www-form-urlencoded";

// Slack shows the answer to a command to whoever gave it, so there is none.
const dialect = { ...jsonDialect, taken: () => ({ status: 200, body: "" }) };
const secret = randomBytes(16).toString("hex");
let subscriber;
let service;
let slack;

before(async () => {
  subscriber = await Subscriber.start("bot");
  service = await Service.start(subscriber.platforms(), {
    sources: { slack: { secret } },
    routes: [{ source: "slack", platform: "bot" }],
  });
  slack = new Sender(service, { source: "slack", dialect });
});

after(async () => {
  await service?.stop();
  await subscriber?.stop();
});

function notice(body, { type = JSON_TYPE, seconds = now(), key = secret } = {}) {
  const mac = createHmac("sha256", key).update(`v0:${seconds}:${body}`).digest("hex");
  return {
    headers: {
      "content-type": type,
      "x-slack-request-timestamp": String(seconds),
      "x-slack-signature": `v0=${mac}`,
    },
    body: Buffer.from(body),
  };
}

const isValid = ({ headers, body }) =>
  isValidSlackRequest({
    signingSecret: secret,
    body: body.toString(),
    headers: {
      "x-slack-signature": headers["x-slack-signature"],
      "x-slack-request-timestamp": Number(headers["x-slack-request-timestamp"]),
    },
  });

const newId = () => `Ev${randomBytes(5).toString("hex").toUpperCase()}`;
const message = (id) =>
  `{"type":"event_callback","team_id":"T1","event_id":"${id}","event":{"type":"message","text":"驿站 \\u00e9"}}`;

test("the address is confirmed by its challenge, once it is signed", async () => {
  const challenge = '3eZbrw1aB10FEMAGAZd4FyFQ"\\u0041';
  const body = `{"token":"none","challenge":${JSON.stringify(challenge)},"type":"url_verification"}`;
  const answer = await slack.send(notice(body));
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "application/json; charset=utf-8");
  assert.equal(answer.body, JSON.stringify({ challenge }));
  await slack.refused(notice(body, { key: "another secret" }), "signature_mismatch");
});

test("an event is taken, Slack's retry is a duplicate: one event, byte for byte", async () => {
  const id = newId();
  const first = notice(message(id), { seconds: now() - 100 });
  assert.ok(isValid(first));
  await slack.accepted(first, { eventType: "message", deliveryId: id });
  const retry = notice(message(id));
  retry.headers["x-slack-retry-num"] = "1";
  retry.headers["x-slack-retry-reason"] = "http_timeout";
  await slack.repeated(retry, { deliveryId: id });
  assert.deepEqual(await service.eventTypes({ platform: "bot", correlation: id }), ["slack.message"]);
  assert.deepEqual(await subscriber.told(service, "bot", { correlation: id }), [message(id)]);
});

test("a slash command is answered with nothing, and passed on as JSON", async () => {
  const fields = {
    token: "none",
    command: "/track",
    text: "SF1234567890 & more",
    user_name: "驿站",
    trigger_id: newId(),
  };
  const command = notice(new URLSearchParams(fields).toString(), { type: FORM_TYPE });
  assert.ok(isValid(command));
  await slack.accepted(command, { eventType: "slash_command" });
  const [told, ...others] = await subscriber.told(service, "bot", { event_type: "slack.slash_command" });
  assert.equal(others.length, 0);
  assert.deepEqual(JSON.parse(told), fields);
});

test("of an interaction its payload is passed on", async () => {
  const payload = '{"type":"block_actions", "actions":[{"value":"驿站"}]}';
  await slack.accepted(notice(new URLSearchParams({ payload }).toString(), { type: FORM_TYPE }), {
    eventType: "block_actions",
  });
  assert.deepEqual(await subscriber.told(service, "bot", { event_type: "slack.block_actions" }), [payload]);
});

test("what was changed, and what another signed, is refused, never to be tried again", async () => {
  const id = newId();
  const good = notice(message(id));
  const signature = good.headers["x-slack-signature"];
  const wrong = [
    ...tamperedCopies(good, { timestampHeader: "x-slack-request-timestamp" }),
    withHeader(good, "x-slack-signature", `v0=${spoil(signature.slice(3))}`),
    notice(message(id), { key: "another secret" }),
  ];
  for (const copy of wrong) {
    assert.ok(!isValid(copy), copy.what);
    const answer = await slack.refused(copy, "signature_mismatch");
    assert.equal(answer.headers.get("x-slack-no-retry"), "1");
  }
  await slack.refused(withHeader(good, "x-slack-signature", signature.replace("v0", "v1")), "signature_malformed");
  await slack.refused(withoutHeader(good, "x-slack-signature"), "signature_missing");
  assert.equal((await service.events({ platform: "bot", correlation: id })).length, 0);
});

test("a request of another time is refused", async () => {
  const [old, ahead] = staleTimes().map((seconds) => notice(message(newId()), { seconds }));
  assert.ok(!isValid(old));
  await slack.refused(old, "timestamp_out_of_tolerance");
  await slack.refused(ahead, "timestamp_out_of_tolerance");
});
