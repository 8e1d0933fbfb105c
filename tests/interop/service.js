// `yizhan serve` on a store of its own, configured for one test file.
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { RunningBinary, makeTemporaryFolder } from "./running_binary.js";

export class Service {
  #binary;
  #folder;

  /**
   * `platforms` and `sources` by name, `routes` in order, their settings as docs/configuration.md names them. `files`
   * are written first, by name: settings refer to them by that.
   */
  static async start(platforms, { sources = {}, routes = [], files = {}, variables = {} } = {}) {
    const service = new Service();
    service.#folder = await makeTemporaryFolder();
    const configuration = toToml("platforms", platforms) + toToml("sources", sources) + routesToToml(routes);
    for (const [name, text] of Object.entries({ ...files, "yizhan.toml": configuration })) {
      await writeFile(join(service.#folder.path, name), text, { mode: 0o600 });
    }
    try {
      service.#binary = await RunningBinary.start(["serve"], {
        cwd: service.#folder.path,
        readyPrefix: "yizhan ready",
        variables: {
          YIZHAN_CONFIG: join(service.#folder.path, "yizhan.toml"),
          YIZHAN_DATA_DIR: join(service.#folder.path, "data"),
          YIZHAN_API_LISTEN: "127.0.0.1:0",
          YIZHAN_RECEIVE_LISTEN: "127.0.0.1:0",
          YIZHAN_PUSH_LISTEN: "127.0.0.1:0",
          YIZHAN_OUTBOUND_ALLOW: "127.0.0.0/8",
          ...variables,
        },
      });
    } catch (error) {
      await service.#folder.remove();
      throw error;
    }
    return service;
  }

  /** Hands over one event; `payloadText` goes into the request as it is. Answers the event's id. */
  async emit(platform, payloadText, eventType = "order.paid") {
    const names = JSON.stringify({ platform, event_type: eventType }).slice(0, -1);
    const event = await this.#post("/api/v1/events", `${names},"payload":${payloadText}}`, 202);
    return event.id;
  }

  /** An order that waits for its payment: its new number. */
  async newOrder(totalFee, merchant) {
    const outTradeNo = randomBytes(12).toString("hex");
    await this.createOrder({ out_trade_no: outTradeNo, total_fee: totalFee, merchant });
    return outTradeNo;
  }

  async createOrder(order) {
    await this.#post("/api/v1/pay/orders", JSON.stringify(order), 201);
  }

  order(outTradeNo) {
    return this.#get(`/api/v1/pay/orders/${encodeURIComponent(outTradeNo)}`);
  }

  /** A parcel that carriers can tell of: its new waybill's number. */
  async newWaybill() {
    const trackingNo = `SF${randomBytes(6).readUIntBE(0, 6)}`;
    const headers = { "content-type": "application/json" };
    const address = `${this.#binary.address("api")}/api/v1/waybills/${trackingNo}`;
    await readAnswer(await fetch(address, { method: "PUT", headers, body: "{}" }), 200);
    return trackingNo;
  }

  /** The events that there are of a selection, at most 1,000. What was answered with success has made its events. */
  async events(selection) {
    const { events } = await this.#get(`/api/v1/events?${new URLSearchParams({ ...selection, limit: 1000 })}`);
    return events;
  }

  /** Their types. */
  async eventTypes(selection) {
    return (await this.events(selection)).map((event) => event.event_type);
  }

  /** What a provider hears when it calls the receiver. */
  async send(path, { method = "POST", headers = {}, body }) {
    const answer = await fetch(`${this.#binary.address("receive")}${path}`, { method, headers, body });
    return { status: answer.status, headers: answer.headers, body: await answer.text() };
  }

  /** What an app or a backend hears from the push server. */
  async push(method, path, { headers = {}, body } = {}) {
    const answer = await fetch(`${this.#binary.address("push")}${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      body: body && JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json() };
  }

  /** The log's line of the source's next callback, once that is on record; those of others before it are passed over. */
  nextCallback(source) {
    return this.#binary.nextLogLine((line) => line.event === "callback" && line.source === source);
  }

  /** One event, with its attempts. */
  event(id) {
    return this.#get(`/api/v1/events/${id}`);
  }

  /** The log's line of the event's next attempt, with variables that have YIZHAN_LOG_LEVEL=debug; others are passed over. */
  nextAttempt(eventId) {
    return this.#binary.nextLogLine((line) => line.event === "attempt" && line.eventId === eventId);
  }

  async stop() {
    await this.#binary.stop();
    await this.#folder.remove();
  }

  async #post(path, body, status) {
    const headers = { "content-type": "application/json" };
    return readAnswer(await fetch(`${this.#binary.address("api")}${path}`, { method: "POST", headers, body }), status);
  }

  async #get(path) {
    return readAnswer(await fetch(`${this.#binary.address("api")}${path}`), 200);
  }
}

async function readAnswer(answer, status) {
  const text = await answer.text();
  if (answer.status !== status) throw new Error(`${answer.url} was answered ${answer.status}: ${text}`);
  return JSON.parse(text);
}

// Strings, numbers, booleans and lists of them are written alike in JSON and TOML.
function settingsToToml(header, settings) {
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
  return `${header}\n${lines.join("")}\n`;
}

function toToml(table, entries) {
  return Object.entries(entries)
    .map(([name, settings]) => settingsToToml(`[${table}.${name}]`, settings))
    .join("");
}

function routesToToml(routes) {
  return routes.map((route) => settingsToToml("[[routes]]", route)).join("");
}
