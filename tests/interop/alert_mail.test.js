// Alerts by mail, to a server of other people's making: TLS either way, accounts, refusals, and lost connections.
import assert from "node:assert/strict";
import { test } from "node:test";

import { channelVariables, raise } from "./alerts.js";
import { MailServer, newServerCertificate } from "./mail_server.js";
import { Service } from "./service.js";

const certificate = newServerCertificate();
const account = { user: "yizhan@example.com", password: "canary-mail-password-0123456789" };

/** A mail server, a service that sends to it, and both gone with the test. */
async function together(context, { server = {}, channel = {}, trusted = true } = {}) {
  const mail = await MailServer.start({ certificate, ...server });
  context.after(() => mail.stop());
  const service = await Service.start(
    {},
    {
      files: { "ca.pem": certificate.cert },
      variables: channelVariables({
        mail: {
          host: "127.0.0.1",
          port: mail.port,
          tls: server.implicit ? "implicit" : "starttls",
          ...(trusted ? { ca_file: "ca.pem" } : {}),
          from: "yizhan@example.com",
          to: "ops@example.com",
          retry_schedule_sec: "0",
          rate_per_minute: 0,
          max_retries: 2,
          ...channel,
        },
      }),
    },
  );
  context.after(() => service.stop());
  return { mail, service };
}

const withAccount = { server: { account }, channel: { user: account.user, password: account.password } };

for (const implicit of [false, true]) {
  test(`a mail goes out under ${implicit ? "implicit TLS" : "STARTTLS"}, logged in`, async (context) => {
    const { mail, service } = await together(context, {
      server: { account, implicit },
      channel: { ...withAccount.channel, language: "zh", to: "ops@example.com,duty@example.com" },
    });
    const event = await raise(service, "mail", { subject: "crm-华东" });
    const { parsed, tls, user, from, to } = await mail.mail(1);
    assert.deepEqual(
      { tls: Boolean(tls), user, from, to },
      { tls: true, user: account.user, from: "yizhan@example.com", to: ["ops@example.com", "duty@example.com"] },
    );
    assert.ok(mail.logins.every((login) => login.tls), "no password in the clear");
    assert.equal(parsed.subject, "🔴 Yizhan 告警: crm-华东 出现死信");
    assert.equal(parsed.messageId, `<${event}@example.com>`);
    assert.equal(parsed.from.address, "yizhan@example.com");
    assert.deepEqual(parsed.to.map((each) => each.address), ["ops@example.com", "duty@example.com"]);
    assert.match(parsed.text, /次数: 3\n/);
    assert.match(parsed.text, /下一步: yizhan dead-letters --platform crm\n/);
    const attempt = await service.nextAttempt(event);
    assert.deepEqual([attempt.status, attempt.responseStatus], ["delivered", 250]);
  });
}

test("without STARTTLS nothing is sent, not even a password", async (context) => {
  const { mail, service } = await together(context, { ...withAccount, server: { account, starttls: false } });
  const event = await raise(service, "mail");
  const attempt = await service.nextAttempt(event);
  assert.deepEqual([attempt.status, attempt.errorClass], ["retrying", "tls"]);
  assert.deepEqual([mail.logins, mail.mails], [[], []]);
});

test("a certificate that nobody vouches for is refused", async (context) => {
  const { mail, service } = await together(context, { ...withAccount, trusted: false });
  const attempt = await service.nextAttempt(await raise(service, "mail"));
  assert.deepEqual([attempt.status, attempt.errorClass], ["retrying", "tls"]);
  assert.deepEqual([mail.logins, mail.mails], [[], []]);
});

test("a wrong password is a dead letter, and stands nowhere", async (context) => {
  const { service } = await together(context, {
    server: { account },
    channel: { user: account.user, password: "canary-wrong-password-0123456789" },
  });
  const event = await raise(service, "mail");
  const attempt = await service.nextAttempt(event);
  assert.deepEqual([attempt.status, attempt.errorClass, attempt.responseStatus], ["dead_letter", "alert_refused", 535]);
  assert.match(attempt.error, /authentication failed/);
  const shown = JSON.stringify([attempt, await service.event(event)]);
  assert.ok(!shown.includes("canary"), shown);
  assert.ok(!shown.includes(Buffer.from("canary-wrong-password-0123456789").toString("base64")), shown);
});

test("4xx is tried again, 5xx is not", async (context) => {
  const { mail, service } = await together(context, { server: { mood: (nth) => [451, "take", 554][nth - 1] } });
  const first = await raise(service, "mail");
  const [refused, taken] = [await service.nextAttempt(first), await service.nextAttempt(first)];
  assert.deepEqual([refused.status, refused.errorClass, refused.responseStatus], ["retrying", "alert_failed", 451]);
  assert.equal(taken.status, "delivered");
  const second = await service.nextAttempt(await raise(service, "mail"));
  assert.deepEqual([second.status, second.errorClass, second.responseStatus], ["dead_letter", "alert_refused", 554]);
  assert.equal(mail.mails.length, 3);
});

test("a recipient who is refused does not keep the others from it", async (context) => {
  const { mail, service } = await together(context, {
    server: { recipient: (address) => (address === "gone@example.com" ? 550 : 0) },
    channel: { to: "gone@example.com,ops@example.com" },
  });
  const event = await raise(service, "mail");
  assert.equal((await service.nextAttempt(event)).status, "delivered");
  assert.deepEqual((await mail.mail(1)).to, ["ops@example.com"]);
  const { attempts } = await service.event(event);
  assert.match(JSON.stringify(attempts), /no gone@example.com here/, "and it is on record who did not get it");
});

test("a connection lost after the final dot: on record as unconfirmed, sent again under the same Message-ID", async (context) => {
  const { mail, service } = await together(context, { server: { mood: (nth) => (nth === 1 ? "drop" : "take") } });
  const event = await raise(service, "mail");
  const [lost, taken] = [await service.nextAttempt(event), await service.nextAttempt(event)];
  assert.deepEqual([lost.status, lost.errorClass], ["retrying", "alert_unconfirmed"]);
  assert.equal(taken.status, "delivered");
  const [first, second] = [await mail.mail(1), await mail.mail(2)];
  assert.equal(first.parsed.messageId, `<${event}@example.com>`);
  assert.equal(second.parsed.messageId, first.parsed.messageId);
});

test("a server that says nothing more costs one deadline", async (context) => {
  const { mail, service } = await together(context, {
    server: { mood: (nth) => (nth === 1 ? "hang" : "take") },
    channel: { timeout_ms: 4000 },
  });
  const event = await raise(service, "mail");
  const [hung, taken] = [await service.nextAttempt(event), await service.nextAttempt(event)];
  assert.equal(hung.errorClass, "alert_unconfirmed", "the message was out, and nobody said that it was taken");
  assert.ok(hung.durationMs >= 3900, `${hung.durationMs} ms`);
  assert.equal(taken.status, "delivered");
  assert.equal(mail.mails.length, 2);
});

test("a stop does not wait for a mail server that says nothing", async (context) => {
  const mail = await MailServer.start({ certificate, mood: () => "hang" });
  context.after(() => mail.stop());
  const settings = {
    host: "127.0.0.1",
    port: mail.port,
    ca_file: "ca.pem",
    from: "a@example.com",
    to: "b@example.com",
    timeout_ms: 120_000,
  };
  const variables = { ...channelVariables({ mail: settings }), YIZHAN_STOP_GRACE_SECONDS: "1" };
  const service = await Service.start({}, { files: { "ca.pem": certificate.cert }, variables });
  await raise(service, "mail");
  await mail.mail(1);
  const began = Date.now();
  await service.stop();
  assert.ok(Date.now() - began < 60_000, `${Date.now() - began} ms`); // half of its time-out
});

test("an alert adds no header and no recipient", async (context) => {
  const { mail, service } = await together(context);
  const title = "x\r\nBcc: evil@example.com\r\n\r\n.\r\nMAIL FROM:<a@b.example>";
  await raise(service, "mail", { title, subject: "crm\r\n.\r\nQUIT", id: "e>\r\nBcc: evil@example.com" });
  const { parsed, to } = await mail.mail(1);
  assert.deepEqual(to, ["ops@example.com"]);
  assert.equal(parsed.bcc, undefined);
  assert.deepEqual(
    parsed.headers.map(({ key }) => key).sort(),
    ["auto-submitted", "content-transfer-encoding", "content-type", "date", "from", "in-reply-to", "message-id",
     "mime-version", "references", "subject", "to"],
  );
  assert.equal(parsed.subject, "🔴 Yizhan alert: x  Bcc: evil@example.com    .  MAIL FROM:<a@b.example>");
});

test("a mail server inside is reached only where that is allowed", async (context) => {
  const mail = await MailServer.start({ certificate });
  context.after(() => mail.stop());
  const settings = { host: "127.0.0.1", port: mail.port, from: "a@example.com", to: "b@example.com" };
  const service = await Service.start(
    {},
    { variables: { ...channelVariables({ mail: settings }), YIZHAN_OUTBOUND_ALLOW: "10.0.0.0/8" } },
  );
  context.after(() => service.stop());
  const attempt = await service.nextAttempt(await raise(service, "mail"));
  assert.equal(attempt.errorClass, "blocked_address");
  assert.match(attempt.error, /127\.0\.0\.1 is not allowed: loopback/);
});
