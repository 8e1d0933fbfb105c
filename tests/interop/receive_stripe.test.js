// Stripe's webhooks, signed by Stripe's own library.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import Stripe from "stripe";

import { tamperedCopies } from "./platform_server.js";
import { Sender, now, spoil, staleTimes, withHeader, withoutHeader } from "./sender.js";
import { Service } from "./service.js";
import { Subscriber } from "./subscriber.js";

const { webhooks } = new Stripe("sk_test_none");
const newSecret = () => `whsec_${randomBytes(24).toString("base64url")}`;

const secrets = { now: newSecret(), next: newSecret() };
let subscriber;
let service;
let stripe;

before(async () => {
  subscriber = await Subscriber.start("shop");
  service = await Service.start(subscriber.platforms(), {
    sources: { stripe: { secrets: [secrets.now, secrets.next] } },
    routes: [
      {
        source: "stripe",
        event_type: "checkout.session.*",
        where: ["data.object.amount_total > 500"],
        platform: "shop",
      },
    ],
  });
  stripe = new Sender(service, { source: "stripe" });
});

after(async () => {
  await service?.stop();
  await subscriber?.stop();
});

const newId = () => `evt_${randomBytes(12).toString("hex")}`;
const completed = (id, amount = 2000) => `{
  "id": "${id}",
  "object": "event",
  "api_version": "2025-03-31",
  "data": { "object": { "id": "cs_test_1", "amount_total": ${amount}, "customer_details": { "name": "Zoë 驿" } } },
  "type": "checkout.session.completed"
}`;

function signature(payload, { secret = secrets.now, timestamp = now() } = {}) {
  return webhooks.generateTestHeaderString({ payload, secret, timestamp });
}

function notice(payload, options) {
  return {
    headers: { "content-type": "application/json; charset=utf-8", "stripe-signature": signature(payload, options) },
    body: Buffer.from(payload),
  };
}

test("an event is taken, a repetition signed anew is a duplicate: one event, byte for byte", async () => {
  const id = newId();
  const payload = completed(id);
  const first = notice(payload, { timestamp: now() - 60 });
  assert.equal(webhooks.constructEvent(payload, first.headers["stripe-signature"], secrets.now).id, id);
  await stripe.accepted(first, { eventType: "checkout.session.completed", deliveryId: id });
  await stripe.repeated(first, { deliveryId: id });
  await stripe.repeated(notice(payload), { deliveryId: id });
  assert.deepEqual(await subscriber.told(service, "shop", { correlation: id }), [payload]);
});

test("while a secret rotates either signature will do, alone or with others", async () => {
  const payload = completed(newId());
  await stripe.accepted(notice(payload, { secret: secrets.next }));
  const [time, unknown] = signature(payload, { secret: newSecret() }).split(",");
  const known = signature(payload).split(",")[1];
  const header = [time, unknown, known, "v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39"].join(
    ",",
  );
  await stripe.repeated(withHeader(notice(payload), "stripe-signature", header));
});

test("what was changed, and what another signed, is refused and causes nothing", async () => {
  const id = newId();
  const payload = completed(id);
  const good = notice(payload);
  for (const copy of tamperedCopies(good, {})) {
    assert.throws(() => webhooks.constructEvent(copy.body, copy.headers["stripe-signature"], secrets.now));
    await stripe.refused(copy, "signature_mismatch");
  }
  const [time, v1] = good.headers["stripe-signature"].split(",");
  for (const [value, reason] of [
    [`${time},v1=${spoil(v1.slice(3))}`, "signature_mismatch"],
    [`t=${Number(time.slice(2)) - 1},${v1}`, "signature_mismatch"],
    [signature(payload, { secret: newSecret() }), "signature_mismatch"],
    [time, "signature_malformed"],
    [v1, "signature_malformed"],
  ]) {
    await stripe.refused(withHeader(good, "stripe-signature", value), reason);
  }
  await stripe.refused(withoutHeader(good, "stripe-signature"), "signature_missing");
  assert.equal((await service.events({ platform: "shop", correlation: id })).length, 0);
});

test("a signature of another time is refused", async () => {
  for (const timestamp of staleTimes()) {
    await stripe.refused(notice(completed(newId()), { timestamp }), "timestamp_out_of_tolerance");
  }
});

test("what the route does not ask for is taken, and goes nowhere", async () => {
  const id = newId();
  await stripe.accepted(notice(completed(id, 500)), { deliveryId: id });
  assert.equal((await service.events({ correlation: id })).length, 0);
});

test("what is signed and no event is refused", async () => {
  await stripe.refused(notice('{"object":"event"}'), "field_missing");
  await stripe.refused(notice("not JSON"), "json_invalid");
});
