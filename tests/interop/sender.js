// A provider at the receiver: what it sends is answered in its dialect, and told in the log as it was judged.
import assert from "node:assert/strict";

const JSON_TYPE = "application/json; charset=utf-8";
const TEXT_TYPE = "text/plain; charset=utf-8";

/** Whether the reason means that nobody known signed it: 401 where the status says anything. */
export const isUnsigned = (reason) =>
  /^(signature|timestamp)_/.test(reason) ||
  ["message_id_missing", "nonce_missing", "signing_key_unknown"].includes(reason);

/**
 * A dialect: the answer to what was taken and to what was refused, given the log's line of it. A body may be a pattern,
 * a type that is left out may be any.
 */
export const jsonDialect = {
  taken: ({ status, callbackId }) => ({
    status: 200,
    type: JSON_TYPE,
    body: `{"ok":true,"id":${callbackId},"duplicate":${status === "duplicate"}}`,
  }),
  refused: ({ reason }) => ({
    status: isUnsigned(reason) ? 401 : 400,
    type: JSON_TYPE,
    body: new RegExp(`^\\{"ok":false,"code":"${reason}","message":"[^"]+"\\}$`),
  }),
};

export const textDialect = {
  taken: () => ({ status: 200, type: TEXT_TYPE, body: "success" }),
  refused: () => ({ status: 200, type: TEXT_TYPE, body: "fail" }),
};

export class Sender {
  #service;
  #source;
  #path;
  #dialect;

  constructor(service, { source, path = `/in/${source}`, dialect = jsonDialect }) {
    this.#service = service;
    this.#source = source;
    this.#path = path;
    this.#dialect = dialect;
  }

  /** Without any check. */
  send(notice) {
    return this.#service.send(notice.path ?? this.#path, notice);
  }

  /** For each of the three, the log's line of the callback has to have the members `expected`. Gives the answer. */
  accepted(notice, expected = {}) {
    return this.#exchange(notice, { status: "accepted", ...expected }, this.#dialect.taken);
  }

  repeated(notice, expected = {}) {
    return this.#exchange(notice, { status: "duplicate", ...expected }, this.#dialect.taken);
  }

  refused(notice, reason, expected = {}) {
    return this.#exchange(notice, { status: "rejected", reason, ...expected }, this.#dialect.refused);
  }

  async #exchange(notice, expected, dialect) {
    const answer = await this.send(notice);
    const line = await this.#service.nextCallback(this.#source);
    const what = `${notice.what ?? "notice"}: answered ${answer.status} ${answer.body}, logged ${JSON.stringify(line)}`;
    for (const [name, value] of Object.entries(expected)) {
      assert.deepEqual(line[name], value, `${name} of ${what}`);
    }
    const { status, type, body } = dialect(line);
    assert.equal(answer.status, status, what);
    if (type) assert.equal(answer.headers.get("content-type"), type, what);
    if (body instanceof RegExp) assert.match(answer.body, body, what);
    else assert.equal(answer.body, body, what);
    return answer;
  }
}

export const form = (fields) => ({
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: new URLSearchParams(fields).toString(),
});

/** The text with one character in its middle changed: still of the same form. */
export function spoil(text) {
  const middle = text.length >> 1;
  return text.slice(0, middle) + (text[middle] === "0" ? "1" : "0") + text.slice(middle + 1);
}

export function withHeader(notice, name, value) {
  return { ...notice, what: `another ${name}`, headers: { ...notice.headers, [name]: value } };
}

export function withoutHeader(notice, name) {
  const headers = { ...notice.headers };
  delete headers[name];
  return { ...notice, what: `no ${name}`, headers };
}

export const now = () => Math.floor(Date.now() / 1000);
/** Beyond every tolerance, behind us and ahead of us. */
export const staleTimes = () => [now() - 600, now() + 600];
