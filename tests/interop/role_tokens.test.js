// Role tokens: ours are read by jose, those that jose makes are taken by the push server.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import { SignJWT, UnsecuredJWT, jwtVerify } from "jose";

import { runCommand } from "./running_binary.js";
import { Service } from "./service.js";

const secret = randomBytes(32).toString("hex");
const key = new TextEncoder().encode(secret);
const variables = { JWT_SECRET: secret };

function token(role, { algorithm = "HS256", signedWith = key, change = (made) => made } = {}) {
  const made = new SignJWT({ role }).setProtectedHeader({ alg: algorithm, typ: "JWT" }).setIssuer("supabase").setIssuedAt();
  return change(made.setExpirationTime("1h")).sign(signedWith);
}

test("jose takes the pair that 'keys generate' makes", async () => {
  const output = await runCommand(["keys", "generate", "--issuer", "supabase-1", "--years", "3", "--aud", "authenticated"], {
    variables,
  });
  const made = Object.fromEntries(output.trim().split("\n").map((line) => line.split("=")));
  for (const [name, role] of [
    ["ANON_KEY", "anon"],
    ["SERVICE_ROLE_KEY", "service_role"],
  ]) {
    const { payload, protectedHeader } = await jwtVerify(made[name], key, {
      algorithms: ["HS256"],
      issuer: "supabase-1",
      audience: "authenticated",
    });
    assert.equal(payload.role, role);
    assert.deepEqual(protectedHeader, { alg: "HS256", typ: "JWT" });
    assert.equal(Math.round((payload.exp - payload.iat) / 86_400 / 365.25), 3);
  }
});

test("'keys verify' judges tokens of jose", async () => {
  const verify = async (made, status) => runCommand(["keys", "verify", await made], { variables, status });
  assert.match(await verify(token("service_role"), 0), /^Signature VALID\n[^]*service_role/);
  assert.match(await verify(token("anon", { signedWith: randomBytes(32) }), 1), /^Signature INVALID\n[^]*token_signature_mismatch/);
  assert.match(await verify(token("anon", { change: (made) => made.setExpirationTime("1h ago") }), 1), /^Signature VALID\n[^]*token_expired/);
  assert.match(await verify(token("anon", { algorithm: "HS512" }), 1), /^Signature INVALID\n[^]*token_algorithm_refused/);
});

let service;
before(async () => {
  service = await Service.start({}, { variables });
});
after(async () => {
  await service?.stop();
});

const register = (headers) => service.push("POST", "/api/v1/push/register", { headers, body: { cid: "c-1", user_id: "u-1" } });
const devices = (headers) => service.push("GET", "/api/v1/push/devices?user_id=u-1", { headers });

test("a phone registers with the anon key, and a backend looks with the service_role key", async () => {
  const anon = await token("anon");
  const serviceRole = await token("service_role");
  for (const headers of [{ apikey: anon }, { authorization: `Bearer ${anon}` }]) {
    const answer = await register(headers);
    assert.equal(answer.status, 200);
    assert.equal(answer.body.ok, true);
  }
  const refused = await devices({ apikey: anon });
  assert.equal(refused.status, 403);
  assert.equal(refused.body.code, "token_role_insufficient");
  const listed = await devices({ apikey: anon, authorization: `Bearer ${serviceRole}` });
  assert.equal(listed.status, 200);
  assert.deepEqual(
    listed.body.devices.map((device) => device.cid),
    ["c-1"],
  );
});

test("what jose can make that is no good is refused, each for its own reason", async () => {
  const claims = new UnsecuredJWT({ role: "service_role" });
  const later = Math.floor(Date.now() / 1000) + 3600;
  for (const [made, code] of [
    [token("service_role", { signedWith: randomBytes(32) }), "token_signature_mismatch"],
    [token("service_role", { algorithm: "HS384" }), "token_algorithm_refused"],
    [token("service_role", { change: (each) => each.setExpirationTime("1h ago") }), "token_expired"],
    [token("service_role", { change: (each) => each.setNotBefore(later) }), "token_not_yet_valid"],
    [claims.encode(), "token_algorithm_refused"],
    [token("authenticated"), "token_role_insufficient"],
  ]) {
    const answer = await register({ apikey: await made });
    assert.equal(answer.body.ok, false);
    assert.equal(answer.body.code, code);
    assert.equal(answer.status, code === "token_role_insufficient" ? 403 : 401);
  }
});
