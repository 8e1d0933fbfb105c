// `yizhan serve` on a store of its own, with platforms configured for one test file.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { RunningBinary, makeTemporaryFolder } from "./running_binary.js";

export class Service {
  #binary;
  #folder;

  /** `platforms`: by name, settings as docs/configuration.md names them. */
  static async start(platforms) {
    const service = new Service();
    service.#folder = await makeTemporaryFolder();
    const file = join(service.#folder.path, "yizhan.toml");
    await writeFile(file, toToml(platforms));
    try {
      service.#binary = await RunningBinary.start(["serve"], {
        cwd: service.#folder.path,
        readyPrefix: "yizhan ready",
        variables: {
          YIZHAN_CONFIG: file,
          YIZHAN_DATA_DIR: join(service.#folder.path, "data"),
          YIZHAN_API_LISTEN: "127.0.0.1:0",
          YIZHAN_RECEIVE_LISTEN: "127.0.0.1:0",
          YIZHAN_PUSH_LISTEN: "127.0.0.1:0",
          YIZHAN_OUTBOUND_ALLOW: "127.0.0.0/8",
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
    const answer = await fetch(`${this.#binary.address("api")}/api/v1/events`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: `${names},"payload":${payloadText}}`,
    });
    const text = await answer.text();
    if (answer.status !== 202) throw new Error(`the event was answered ${answer.status}: ${text}`);
    return JSON.parse(text).id;
  }

  async stop() {
    await this.#binary.stop();
    await this.#folder.remove();
  }
}

// Strings, numbers and lists of them are written alike in JSON and TOML.
function toToml(platforms) {
  return Object.entries(platforms)
    .map(([name, settings]) => {
      const lines = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
      return `[platforms.${name}]\n${lines.join("")}`;
    })
    .join("\n");
}
