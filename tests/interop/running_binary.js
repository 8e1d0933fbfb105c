// The real binary, named by YIZHAN_BINARY, as a process that says when it is ready.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const LINE_TIMEOUT_MS = 60_000;

export async function makeTemporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), "yizhan-interop-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** The lines of a stream in order, each for one caller; one caller at a time. */
class Lines {
  #onLine = null;
  #waiting = [];

  constructor(stream) {
    createInterface({ input: stream }).on("line", (line) => this.#take(line));
  }

  #take(line) {
    if (this.#onLine) {
      const resolve = this.#onLine;
      this.#onLine = null;
      resolve(line);
    } else {
      this.#waiting.push(line);
    }
  }

  next(describe) {
    if (this.#waiting.length > 0) return Promise.resolve(this.#waiting.shift());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no line came in time:\n${describe()}`)), LINE_TIMEOUT_MS);
      timer.unref();
      this.#onLine = (line) => {
        clearTimeout(timer);
        resolve(line);
      };
    });
  }
}

export class RunningBinary {
  #process;
  #errorText = "";
  #lines;
  #logLines;
  #exited;

  /** Resolves when a line begins with `readyPrefix`; that line is `readyLine`. Fails with what was written to standard error. */
  static async start(commandLine, { cwd, variables = {}, readyPrefix }) {
    const running = new RunningBinary();
    await running.#run(commandLine, cwd, variables, readyPrefix);
    return running;
  }

  async #run(commandLine, cwd, variables, readyPrefix) {
    this.#process = spawn(binaryUnderTest(), commandLine, {
      cwd,
      env: { ...cleanEnvironment(), ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#exited = once(this.#process, "exit");
    this.#process.stderr.setEncoding("utf8").on("data", (text) => (this.#errorText += text));
    this.#lines = new Lines(this.#process.stdout);
    this.#logLines = new Lines(this.#process.stderr);

    const ended = this.#exited.then(([status, signal]) => {
      throw new Error(`ended (${status ?? signal}) before it was ready:\n${this.#errorText}`);
    });
    ended.catch(() => {});
    try {
      do {
        this.readyLine = await Promise.race([this.nextLine(), ended]);
      } while (!this.readyLine.startsWith(readyPrefix));
    } catch (error) {
      this.#process.kill("SIGKILL");
      throw error;
    }
  }

  /** The next line of standard output. */
  nextLine() {
    return this.#lines.next(() => this.#errorText);
  }

  /** The next line of the log that is meant, parsed; others before it are passed over. */
  async nextLogLine(isMeant) {
    for (;;) {
      const text = await this.#logLines.next(() => this.#errorText);
      const line = text.startsWith("{") ? JSON.parse(text) : {};
      if (isMeant(line)) return line;
    }
  }

  /** `name=address:port` of the ready line, as an http URL. */
  address(name) {
    const found = new RegExp(`\\b${name}=(\\S+)`).exec(this.readyLine);
    if (!found) throw new Error(`no ${name}= in: ${this.readyLine}`);
    return `http://${found[1]}`;
  }

  async stop() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill("SIGTERM");
    await this.#exited;
  }
}

/** Runs a command of the binary to its end, which must be of that status; its standard output. `input`: its standard input. */
export async function runCommand(commandLine, { variables = {}, status: expected = 0, input = "" } = {}) {
  const child = spawn(binaryUnderTest(), commandLine, {
    env: { ...cleanEnvironment(), ...variables },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => {}); // a command that reads nothing may be gone
  child.stdin.end(input);
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (errors += text));
  const [status] = await once(child, "close");
  if (status !== expected) throw new Error(`${commandLine.join(" ")} ended with ${status}:\n${errors}`);
  return output;
}

function binaryUnderTest() {
  const binary = process.env.YIZHAN_BINARY;
  if (!binary) throw new Error("YIZHAN_BINARY must name the binary under test");
  return binary;
}

/** Nothing of the machine's own configuration reaches the test. */
function cleanEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(YIZHAN_|AI_CS_)/.test(name)));
}
