// Shopify's webhooks, signed and checked by Shopify's own library.
import "@shopify/shopify-api/adapters/node";

import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { ApiVersion, shopifyApi } from "@shopify/shopify-api";
import { HashFormat, createSHA256HMAC } from "@shopify/shopify-api/runtime";

import { tamperedCopies } from "./platform_server.js";
import { Sender, spoil, withHeader, withoutHeader } from "./sender.js";
import { Service } from "./service.js";
import { Subscriber } from "./subscriber.js";

const ORDER = '{ "id":820982911946154508, "total_price":"199.00", "customer":{"first_name":"Zoë"}, "note":"驿站 \\/" }';

const secret = `shpss_${randomBytes(16).toString("hex")}`;
const library = shopifyApi({
  apiKey: "key",
  apiSecretKey: secret,
  apiVersion: ApiVersion.January25,
  hostName: "shop.example",
  isEmbeddedApp: false,
  logger: { log: () => {} },
});
let subscriber;
let service;
let shopify;

before(async () => {
  subscriber = await Subscriber.start("erp");
  service = await Service.start(subscriber.platforms(), {
    sources: { shopify: { secret } },
    routes: [{ source: "shopify", event_type: "orders/*", platform: "erp" }],
  });
  shopify = new Sender(service, { source: "shopify" });
});

after(async () => {
  await service?.stop();
  await subscriber?.stop();
});

async function notice(body = ORDER, key = secret) {
  return {
    headers: {
      "content-type": "application/json",
      "x-shopify-topic": "orders/paid",
      "x-shopify-shop-domain": "some-shop.myshopify.com",
      "x-shopify-api-version": "2025-01",
      "x-shopify-webhook-id": randomUUID(),
      "x-shopify-hmac-sha256": await createSHA256HMAC(key, body, HashFormat.Base64),
    },
    body: Buffer.from(body),
  };
}

/** What Shopify's own library says of it. */
async function isValid({ headers, body }) {
  const rawRequest = { method: "POST", url: "/", headers };
  return (await library.webhooks.validate({ rawBody: body.toString(), rawRequest })).valid;
}

test("a webhook is taken, a repetition is a duplicate: one event, byte for byte", async () => {
  const paid = await notice();
  const id = paid.headers["x-shopify-webhook-id"];
  assert.ok(await isValid(paid));
  await shopify.accepted(paid, { eventType: "orders/paid", deliveryId: id });
  await shopify.repeated(paid, { deliveryId: id });
  assert.deepEqual(await subscriber.told(service, "erp", { correlation: id }), [ORDER]);
});

test("what was changed, and what another signed, is refused and causes nothing", async () => {
  const good = await notice();
  const signature = good.headers["x-shopify-hmac-sha256"];
  const wrong = [
    ...tamperedCopies(good, {}),
    withHeader(good, "x-shopify-hmac-sha256", spoil(signature)),
    await notice(ORDER, "another secret"),
  ];
  for (const copy of wrong) {
    assert.ok(!(await isValid(copy)), copy.what);
    await shopify.refused(copy, "signature_mismatch");
  }
  await shopify.refused(withHeader(good, "x-shopify-hmac-sha256", signature.slice(4)), "signature_malformed");
  await shopify.refused(withoutHeader(good, "x-shopify-hmac-sha256"), "signature_missing");
  const id = good.headers["x-shopify-webhook-id"];
  assert.equal((await service.events({ platform: "erp", correlation: id })).length, 0);
});
