// The other direction: what other people's code signed, `yizhan sink` finds valid, and what was changed, invalid.
import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import { Webhook } from "standardwebhooks";
import nacl from "tweetnacl";

import { RunningBinary, makeTemporaryFolder } from "./running_binary.js";

const BODY = '{"amount":100,"note":"驿站"}';

let folder;

before(async () => {
  folder = await makeTemporaryFolder();
});

after(async () => {
  await folder?.remove();
});

/** What a sink for the scheme says of each request: `valid`, or the code of the refusal. */
async function judge(scheme, secret, requests) {
  const sink = await RunningBinary.start(["sink", "--json", "--scheme", scheme], {
    cwd: folder.path,
    readyPrefix: "sink ready",
    variables: { YIZHAN_SINK_SECRET: secret },
  });
  try {
    const verdicts = [];
    for (const { headers, body } of requests) {
      const answer = await fetch(`${sink.address("http")}/ok`, { method: "POST", headers, body });
      assert.equal(answer.status, 200);
      const entry = JSON.parse(await sink.nextLine());
      verdicts.push(entry.signature === "valid" ? "valid" : entry.signature_code);
    }
    return verdicts;
  } finally {
    await sink.stop();
  }
}

const now = () => Math.floor(Date.now() / 1000);
const webhookHeaders = (seconds, signature) => ({
  "webhook-id": "msg_1",
  "webhook-timestamp": String(seconds),
  "webhook-signature": signature,
});

test("v1 as signed by the reference library", async () => {
  const secret = `whsec_${randomBytes(24).toString("base64")}`;
  const signed = (seconds, body = BODY) =>
    webhookHeaders(seconds, new Webhook(secret).sign("msg_1", new Date(seconds * 1000), body));
  const other = new Webhook(randomBytes(24).toString("base64")).sign("msg_1", new Date(), BODY);
  const good = signed(now());
  assert.deepEqual(
    await judge("standard-webhooks", secret, [
      { headers: good, body: BODY },
      { headers: { ...good, "webhook-signature": `${other} ${good["webhook-signature"]}` }, body: BODY },
      { headers: good, body: `${BODY} ` },
      { headers: webhookHeaders(now(), other), body: BODY },
      { headers: signed(now() - 600), body: BODY },
      { headers: signed(now() + 600), body: BODY },
      { headers: { ...good, "webhook-signature": "v1,short" }, body: BODY },
      { headers: {}, body: BODY },
    ]),
    [
      "valid",
      "valid",
      "signature_mismatch",
      "signature_mismatch",
      "timestamp_out_of_tolerance",
      "timestamp_out_of_tolerance",
      "signature_malformed",
      "signature_missing",
    ],
  );
});

test("v1a as signed by an independent ed25519", async () => {
  const { publicKey, secretKey } = nacl.sign.keyPair();
  const signed = (body) => {
    const seconds = now();
    const signature = nacl.sign.detached(Buffer.from(`msg_1.${seconds}.${body}`), secretKey);
    return webhookHeaders(seconds, `v1a,${Buffer.from(signature).toString("base64")}`);
  };
  assert.deepEqual(
    await judge("standard-webhooks-v1a", `whpk_${Buffer.from(publicKey).toString("base64")}`, [
      { headers: signed(BODY), body: BODY },
      { headers: signed(BODY), body: BODY.replace("100", "900") },
    ]),
    ["valid", "signature_mismatch"],
  );
});

test("x-cs as a platform signs it", async () => {
  const signed = (seconds) => ({
    "X-CS-Timestamp": String(seconds),
    "X-CS-Signature": createHmac("sha256", "callback-secret").update(`${seconds}.${BODY}`).digest("hex"),
  });
  assert.deepEqual(
    await judge("x-cs", "callback-secret", [
      { headers: signed(now()), body: BODY },
      { headers: signed(now()), body: BODY.replace("100", "900") },
      { headers: signed(now() - 600), body: BODY },
    ]),
    ["valid", "signature_mismatch", "timestamp_out_of_tolerance"],
  );
});

test("X-Webhook-Signature as new-api signs it", async () => {
  const headers = { "X-Webhook-Signature": createHmac("sha256", "new-api-secret").update(BODY).digest("hex") };
  assert.deepEqual(
    await judge("webhook-signature", "new-api-secret", [
      { headers, body: BODY },
      { headers, body: BODY.replace("100", "900") },
    ]),
    ["valid", "signature_mismatch"],
  );
});
