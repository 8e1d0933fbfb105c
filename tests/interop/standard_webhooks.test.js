// Standard Webhooks: `v1` checked by the reference library, `v1a` by an independent ed25519 and by Node's own.
import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, randomBytes, verify as verifyWithNode } from "node:crypto";
import { after, before, test } from "node:test";

import { Webhook, WebhookVerificationError } from "standardwebhooks";
import nacl from "tweetnacl";

import { PlatformServer, tamperedCopies } from "./platform_server.js";
import { runCommand } from "./running_binary.js";
import { Service } from "./service.js";

const SIGNED_HEADERS = { idHeader: "webhook-id", timestampHeader: "webhook-timestamp" };

// Key order, blanks, escapes and numbers that a parse and a print would change, and bytes beyond ASCII.
const AWKWARD_PAYLOAD =
  '{ "z":1.50,\t"a" : "\\u00e9 é 驿站 \\/", "big":12345678901234567890, "e":1e2,"n":null,"l":[ ] }';

const newSecret = () => `whsec_${randomBytes(32).toString("base64")}`;
const verifies = (secret, { body, headers }) => new Webhook(secret).verify(body, headers);

function newKeyPair() {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const seed = Buffer.from(privateKey.export({ format: "jwk" }).d, "base64url");
  const point = Buffer.from(publicKey.export({ format: "jwk" }).x, "base64url");
  return { secret: `whsk_${Buffer.concat([seed, point]).toString("base64")}`, seed, point };
}

/** The raw signatures of one version in the callback's list. */
function signatures({ headers }, version) {
  return headers["webhook-signature"]
    .split(" ")
    .filter((entry) => entry.startsWith(`${version},`))
    .map((entry) => Buffer.from(entry.slice(version.length + 1), "base64"));
}

function verifiesV1a(point, callback) {
  const { headers, body } = callback;
  const signed = Buffer.concat([Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`), body]);
  const nodeKey = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: point.toString("base64url") },
    format: "jwk",
  });
  const verdicts = signatures(callback, "v1a").map((signature) => {
    const verdict = nacl.sign.detached.verify(signed, signature, point);
    assert.equal(verifyWithNode(null, signed, nodeKey, signature), verdict, "the two libraries agree");
    return verdict;
  });
  return verdicts.includes(true);
}

// The ones that the binary makes are as good as anybody's.
async function secretOfTheBinary() {
  return JSON.parse(await runCommand(["keys", "secret", "--json"])).secret;
}

async function keyPairOfTheBinary() {
  const pair = JSON.parse(await runCommand(["keys", "secret", "--asymmetric", "--json"]));
  const point = Buffer.from(pair.public_key.replace(/^whpk_/, ""), "base64");
  assert.equal(point.length, nacl.sign.publicKeyLength);
  return { secret: pair.private_key, point };
}

const secrets = { fresh: newSecret(), old: newSecret(), flaky: newSecret(), envelope: newSecret() };
const keys = { fresh: newKeyPair(), old: newKeyPair(), seedOnly: newKeyPair() };
let platform;
let service;

before(async () => {
  secrets.only = await secretOfTheBinary();
  keys.only = await keyPairOfTheBinary();
  platform = await PlatformServer.start(({ path }, nth) => (path === "/flaky" && nth <= 2 ? 500 : 200));
  const v1 = (path, ...active) => ({ base_url: platform.url(path), signing: "standard-webhooks", secrets: active });
  const v1a = (path, ...active) => ({
    base_url: platform.url(path),
    signing: "standard-webhooks-v1a",
    secrets: active,
  });
  service = await Service.start({
    plain: v1("/plain", secrets.only),
    rotating: v1("/rotating", secrets.fresh, secrets.old),
    flaky: { ...v1("/flaky", secrets.flaky), retry_schedule_sec: [1], max_retries: 3, jitter: 0.01 },
    enveloped: { ...v1("/enveloped", secrets.envelope), envelope: "standard" },
    asymmetric: v1a("/asymmetric", keys.only.secret),
    asymmetric_rotating: v1a("/asymmetric-rotating", keys.fresh.secret, keys.old.secret),
    asymmetric_seed: v1a("/asymmetric-seed", `whsk_${keys.seedOnly.seed.toString("base64")}`),
  });
});

after(async () => {
  await service?.stop();
  await platform?.stop();
});

test("v1: the reference library accepts the callback, and what it accepts is what was handed over", async () => {
  const id = await service.emit("plain", AWKWARD_PAYLOAD);
  const [callback] = await platform.received("/plain");
  assert.deepEqual(verifies(secrets.only, callback), JSON.parse(AWKWARD_PAYLOAD));
  assert.equal(callback.body.toString(), AWKWARD_PAYLOAD);
  assert.equal(callback.headers["webhook-id"], id);
});

test("v1: the reference library refuses the callback once anything is changed, and under another secret", async () => {
  await service.emit("plain", '{"amount":100}');
  const [callback] = await platform.received("/plain");
  assert.ok(verifies(secrets.only, callback));
  for (const { what, ...copy } of tamperedCopies(callback, SIGNED_HEADERS)) {
    assert.throws(() => verifies(secrets.only, copy), WebhookVerificationError, what);
  }
  assert.throws(() => verifies(newSecret(), callback), WebhookVerificationError);
});

test("v1: while a secret rotates receivers with either one accept the callback", async () => {
  await service.emit("rotating", '{"amount":100}');
  const [callback] = await platform.received("/rotating");
  assert.equal(signatures(callback, "v1").length, 2);
  assert.ok(verifies(secrets.fresh, callback));
  assert.ok(verifies(secrets.old, callback));
  assert.throws(() => verifies(secrets.only, callback), WebhookVerificationError);
  for (const { what, ...copy } of tamperedCopies(callback, SIGNED_HEADERS)) {
    assert.throws(() => verifies(secrets.fresh, copy), WebhookVerificationError, what);
    assert.throws(() => verifies(secrets.old, copy), WebhookVerificationError, what);
  }
});

test("v1: each attempt is signed anew, under the same id", async () => {
  const id = await service.emit("flaky", '{"amount":100}');
  const attempts = await platform.received("/flaky", 3);
  for (const attempt of attempts) {
    assert.equal(attempt.headers["webhook-id"], id);
    assert.ok(verifies(secrets.flaky, attempt));
  }
  const times = attempts.map(({ headers }) => Number(headers["webhook-timestamp"]));
  assert.ok(times[2] > times[0], `timestamps of attempts a second apart: ${times}`);
});

test("v1: the enveloped form verifies and is what the specification recommends", async () => {
  await service.emit("enveloped", AWKWARD_PAYLOAD, "invoice.created");
  const [callback] = await platform.received("/enveloped");
  const content = verifies(secrets.envelope, callback);
  assert.deepEqual(Object.keys(content), ["type", "timestamp", "data"]);
  assert.equal(content.type, "invoice.created");
  assert.ok(Math.abs(Date.parse(content.timestamp) - Date.now()) < 300_000, content.timestamp);
  assert.ok(callback.body.includes(AWKWARD_PAYLOAD), "the payload stands in it byte for byte");
});

test("v1a: the callback verifies with the public key, and not once anything is changed", async () => {
  await service.emit("asymmetric", AWKWARD_PAYLOAD);
  const [callback] = await platform.received("/asymmetric");
  assert.ok(verifiesV1a(keys.only.point, callback));
  assert.ok(!verifiesV1a(keys.fresh.point, callback));
  for (const { what, ...copy } of tamperedCopies(callback, SIGNED_HEADERS)) {
    assert.ok(!verifiesV1a(keys.only.point, copy), what);
  }
});

test("v1a: while a key rotates receivers with either public key accept the callback", async () => {
  await service.emit("asymmetric_rotating", '{"amount":100}');
  const [callback] = await platform.received("/asymmetric-rotating");
  assert.equal(signatures(callback, "v1a").length, 2);
  assert.ok(verifiesV1a(keys.fresh.point, callback));
  assert.ok(verifiesV1a(keys.old.point, callback));
  assert.ok(!verifiesV1a(keys.only.point, callback));
});

test("v1a: a private key given as its seed alone signs alike", async () => {
  await service.emit("asymmetric_seed", '{"amount":100}');
  const [callback] = await platform.received("/asymmetric-seed");
  assert.ok(verifiesV1a(keys.seedOnly.point, callback));
});
