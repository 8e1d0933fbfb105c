// Sealed secrets as docs/secrets.md describes them, made and opened with node's crypto.
import assert from "node:assert/strict";
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { makeTemporaryFolder, runCommand } from "./running_binary.js";

const masterKey = randomBytes(32);
const variables = { YIZHAN_MASTER_KEY: `yzmk_${masterKey.toString("base64")}` };

function keyId(key) {
  return createHash("sha256").update("yizhan-master-key:").update(key).digest("hex").slice(0, 8);
}

function seal(secret, key = masterKey) {
  const head = `sealed:v1:${keyId(key)}:`;
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(head));
  const text = Buffer.concat([nonce, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return head + text.toString("base64");
}

function open(sealed, key = masterKey) {
  const [word, version, id, base64] = sealed.split(":");
  assert.deepEqual([word, version, id], ["sealed", "v1", keyId(key)]);
  const text = Buffer.from(base64, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, text.subarray(0, 12)).setAAD(Buffer.from(`${word}:${version}:${id}:`));
  decipher.setAuthTag(text.subarray(-16));
  return decipher.update(text.subarray(12, -16), null, "utf8") + decipher.final("utf8");
}

test("what node seals, 'secrets open' opens", async () => {
  for (const secret of ["whsec_secret", "密钥 🔑", "x".repeat(4096)]) {
    const opened = await runCommand(["secrets", "open", "--reveal"], { variables, input: seal(secret) });
    assert.equal(opened, `${secret}\n`);
  }
});

test("what 'secrets seal' seals, node opens", async () => {
  const sealed = await runCommand(["secrets", "seal"], { variables, input: "密钥 🔑\n" });
  assert.equal(open(sealed.trim()), "密钥 🔑");
});

test("a configuration that node sealed is loaded, and a changed one is refused", async (context) => {
  const folder = await makeTemporaryFolder();
  context.after(() => folder.remove());
  const file = join(folder.path, "yizhan.toml");
  const write = (secret) =>
    writeFile(file, `[platforms.crm]\nbase_url = "https://crm.example"\nsigning = "x-cs"\nsecret = "${secret}"\n`);
  await write(seal("callback-secret"));
  assert.match(await runCommand(["config", "check", "--config", file], { variables }), /is valid/);
  const shown = JSON.parse(await runCommand(["--json", "config", "show", "--config", file], { variables }));
  assert.match(JSON.stringify(shown), /15 characters/);
  const sealed = seal("callback-secret");
  await write(sealed.slice(0, -6) + (sealed.at(-6) === "A" ? "B" : "A") + sealed.slice(-5));
  await runCommand(["config", "check", "--config", file], { variables, status: 2 });
});
