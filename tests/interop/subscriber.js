// The other end: platforms that take from Yizhan only what the reference library of Standard Webhooks finds signed.
import { randomBytes } from "node:crypto";

import { Webhook } from "standardwebhooks";

import { PlatformServer } from "./platform_server.js";

export class Subscriber {
  #server;
  #secrets = new Map();

  /** One server for all the platforms that a test file has. */
  static async start(...names) {
    const subscriber = new Subscriber();
    subscriber.#server = await PlatformServer.start();
    for (const name of names) subscriber.#secrets.set(name, `whsec_${randomBytes(32).toString("base64")}`);
    return subscriber;
  }

  /** For Service.start(). */
  platforms() {
    const settings = ([name, secret]) => [
      name,
      { base_url: this.#server.url(`/${name}`), signing: "standard-webhooks", secrets: [secret] },
    ];
    return Object.fromEntries([...this.#secrets].map(settings));
  }

  /** How many callbacks came to the platform, signed or not. */
  count(name) {
    return this.#server.callbacksTo(`/${name}`).length;
  }

  /** The callbacks by which the platform got these events, in their order, each with a good signature. */
  async callbacksOf(name, events) {
    const webhook = new Webhook(this.#secrets.get(name));
    const path = `/${name}`;
    const find = () => {
      const byId = new Map(
        this.#server.callbacksTo(path).map((callback) => [callback.headers["webhook-id"], callback]),
      );
      const found = events.map(({ id }) => byId.get(id));
      return found.every(Boolean) && found;
    };
    const came = () => this.#server.callbacksTo(path).length;
    const callbacks = await this.#server.until(
      find,
      () => `${came()} callbacks to ${path}, but not ${events.length} due`,
    );
    for (const { body, headers } of callbacks) webhook.verify(body, headers);
    return callbacks;
  }

  /** What the platform was told by the service's events of a selection: their bodies. */
  async told(service, name, selection = {}) {
    const callbacks = await this.callbacksOf(name, await service.events({ ...selection, platform: name }));
    return callbacks.map(({ body }) => body.toString());
  }

  /** The same, where they are JSON. */
  async toldDocuments(service, name, selection) {
    return (await this.told(service, name, selection)).map((body) => JSON.parse(body));
  }

  stop() {
    return this.#server.stop();
  }
}
