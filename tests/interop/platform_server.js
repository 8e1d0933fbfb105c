// A platform's endpoint: keeps every callback as it came, raw.
import { createServer } from "node:http";
import { once } from "node:events";

import { Arrivals } from "./arrivals.js";

export class PlatformServer {
  callbacks = [];
  #server;
  #arrivals = new Arrivals();
  #respond;

  /** `respond(callback, nth)` gives the status of the nth callback to that path; 200 without it. */
  static async start(respond = () => 200) {
    const platform = new PlatformServer();
    platform.#respond = respond;
    platform.#server = createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const callback = { path: request.url, headers: request.headers, body: Buffer.concat(chunks) };
      platform.callbacks.push(callback);
      response.writeHead(platform.#respond(callback, platform.callbacksTo(callback.path).length)).end();
      platform.#arrivals.look();
    });
    platform.#server.listen(0, "127.0.0.1");
    await once(platform.#server, "listening");
    return platform;
  }

  url(path) {
    return `http://127.0.0.1:${this.#server.address().port}${path}`;
  }

  callbacksTo(path) {
    return this.callbacks.filter((callback) => callback.path === path);
  }

  /** The first `count` callbacks to `path`, once they are there. */
  received(path, count = 1) {
    return this.until(
      () => this.callbacksTo(path).length >= count && this.callbacksTo(path).slice(0, count),
      () => `${this.callbacksTo(path).length} of ${count} callbacks came to ${path}`,
    );
  }

  /** What `find()` finds, looking again at each callback; `describe()` says how far it came, should it take too long. */
  until(find, describe) {
    return this.#arrivals.until(find, describe);
  }

  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** The callback with one thing changed: what must make every signature on it wrong. */
export function tamperedCopies(callback, { idHeader, timestampHeader }) {
  const body = Buffer.from(callback.body);
  body[body.length >> 1] ^= 1;
  const copies = [{ what: "body", ...callback, body }];
  copies.push({ what: "end of the body", ...callback, body: Buffer.concat([callback.body, Buffer.from(" ")]) });
  for (const name of [idHeader, timestampHeader]) {
    if (!name) continue;
    // One more or less: still an id, still a time within every tolerance.
    const value = callback.headers[name];
    const changed = name === timestampHeader ? String(Number(value) - 1) : `${value}0`;
    copies.push({ what: name, ...callback, headers: { ...callback.headers, [name]: changed } });
  }
  return copies;
}
