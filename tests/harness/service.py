"""The real binary, started as a user would, for the end-to-end and fault tests."""

import json
import os
import pathlib
import queue
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

READY_TIMEOUT_SECONDS = 60
# Variables that the service reads, ours and the seed's: those of whoever runs the tests are left out.
OWN_VARIABLES = ("YIZHAN_", "AI_CS_", "WEBHOOK_", "CLOUD_FUNC_", "PUSH_", "GETUI_", "SUPA_", "SERVICE_ROLE_", "JWT_",
                 "NOTIFY_WORKER_", "ENABLE_CONSUMER", "CONSUMER_", "MAX_RETRIES", "RETRY_")


def binary():
    """The binary under test: named by YIZHAN_BINARY, set by ctest."""
    return os.environ["YIZHAN_BINARY"]


def eventually(condition, timeout=60.0, what="the condition"):
    """Looks until `condition()` is true and returns its value; for state that only the service can tell."""
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {timeout} s")
        pause.wait(0.02)


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)


def request(method, url, body=None, headers=None, timeout=30):
    """One HTTP request; error statuses are answers, not exceptions. Never through a proxy."""
    data = None
    if body is not None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
    call = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    if data is not None and not call.has_header("Content-type"):
        call.add_header("Content-Type", "application/json")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(call, timeout=timeout) as answer:
            return Answer(answer.status, dict(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, dict(error.headers), error.read())


class Service:
    """`yizhan serve` on a store, with its output kept. Platforms and settings come as environment variables, and where
    `config` is given, as a TOML file."""

    def __init__(self, store, directory, variables=None, roles=None, config=None):
        self.store = store
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.variables = dict(variables or {})
        self.roles = roles
        self.process = None
        self.api = None
        self.receive = None
        self.push = None
        if config:
            (self.directory / "yizhan.toml").write_text(config)
        self.log_path = self.directory / "service.log"

    def environment(self, fail_point=None, extra=None):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN_VARIABLES)}
        kept.update(
            YIZHAN_STORE=self.store,
            YIZHAN_DATA_DIR=str(self.directory / "data"),
            YIZHAN_API_LISTEN="127.0.0.1:0",
            YIZHAN_RECEIVE_LISTEN="127.0.0.1:0",
            YIZHAN_PUSH_LISTEN="127.0.0.1:0",
            YIZHAN_OUTBOUND_ALLOW="127.0.0.0/8,::1/128",
        )
        kept.update(self.variables)
        if fail_point:
            kept["YIZHAN_FAIL_POINT"] = fail_point
        kept.update(extra or {})
        return kept

    def spawn(self, fail_point=None, wrapper=(), extra=None):
        """Starts the process without waiting for it to be ready."""
        arguments = [*wrapper, binary(), "serve"]
        if self.roles:
            arguments += ["--roles", self.roles]
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            arguments,
            cwd=self.directory,
            env=self.environment(fail_point, extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        self._lines = queue.Queue()
        threading.Thread(target=self._read, args=(self.process.stdout, self._lines), daemon=True).start()
        return self

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.put(line.decode(errors="replace"))
        lines.put(None)

    def wait_ready(self, timeout=READY_TIMEOUT_SECONDS):
        deadline = time.monotonic() + timeout
        while True:
            try:
                line = self._lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"not ready within {timeout} s:\n{self.log()}") from None
            if line is None:
                raise AssertionError(f"ended with status {self.process.wait()} before it was ready:\n{self.log()}")
            if line.startswith("yizhan ready"):
                listening = dict(re.findall(r"\b(api|receive|push)=(\S+)", line))
                self.api, self.receive, self.push = (
                    "http://" + listening[name] if name in listening else None for name in ("api", "receive", "push"))
                return self

    def start(self, **options):
        return self.spawn(**options).wait_ready()

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_lines(self, event=None):
        """The lines of the log, each an object; what the start said in plain words is left out, and so is a line at the
        end that is being written."""
        whole = self.log().rpartition("\n")[0]
        lines = [json.loads(line) for line in whole.split("\n") if line.startswith("{")]
        return [line for line in lines if event in (None, line["event"])]

    def wait_logged(self, event, timeout=60.0):
        """Until the log has a line of this event, which may be written a moment after its effect can be seen; gives all
        that it has."""
        return eventually(lambda: self.log_lines(event), timeout, f"the log to say {event}")

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """SIGKILL, as the kernel or a power cut would."""
        if self.alive():
            os.killpg(self.process.pid, signal.SIGKILL)
        if self.process:
            self.process.wait()

    def wait_dead(self, timeout=60):
        return self.process.wait(timeout)

    def stop(self, timeout=60):
        """SIGTERM; returns the exit status."""
        if not self.alive():
            return self.process.returncode if self.process else 0
        self.process.terminate()
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not stop within {timeout} s of SIGTERM:\n{self.log()}") from None

    # ---- the API ----------------------------------------------------------------------------------------------------

    def request(self, method, path, body=None, headers=None, timeout=30):
        return request(method, self.api + path, body, headers, timeout)

    def callback(self, notice, timeout=30):
        """Sends what a source would send (harness/senders.py) to the receiver."""
        return request("POST", self.receive + notice.path, notice.body, notice.headers, timeout)

    def callbacks(self, **selection):
        """The record, newest first."""
        query = urllib.parse.urlencode(selection)
        answer = self.request("GET", "/api/v1/callbacks?" + query)
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json()["callbacks"]

    def order(self, out_trade_no):
        answer = self.request("GET", f"/api/v1/pay/orders/{out_trade_no}")
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json()

    def emit(self, platform, payload, event_type="test.event", **fields):
        """Hands one event over and returns its id."""
        answer = self.request(
            "POST", "/api/v1/events", {"platform": platform, "event_type": event_type, "payload": payload, **fields}
        )
        assert answer.status in (200, 202), (answer.status, answer.body)
        return answer.json()["id"]

    def event(self, event_id):
        answer = self.request("GET", f"/api/v1/events/{event_id}")
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json()

    def wait_status(self, event_id, status, timeout=60.0):
        def reached():
            event = self.event(event_id)
            return event if event["status"] == status else None

        return eventually(reached, timeout, f"event {event_id} to be {status}")

    # ---- the commands -----------------------------------------------------------------------------------------------

    def command(self, *arguments, check=True, stdin=None, timeout=120, wrapper=(), extra=None):
        """Runs `yizhan …` on the same store; returns the completed process."""
        done = subprocess.run(
            [*wrapper, binary(), *arguments],
            cwd=self.directory,
            env=self.environment(extra=extra),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check:
            assert done.returncode == 0, (arguments, done.returncode, done.stdout, done.stderr)
        return done

    def sql(self, text, check=True):
        return self.command("sql", text, check=check)

    def rows(self, text):
        """What a SELECT answers: a tuple of texts for each row, None for NULL."""
        return [tuple(row) for row in json.loads(self.command("--json", "sql", text).stdout)["rows"]]

    def ledger_total(self):
        """Over all platforms, as `yizhan --json ledger` counts it from the rows."""
        done = self.command("--json", "ledger", check=False)
        assert done.returncode in (0, 3), (done.returncode, done.stdout, done.stderr)
        return json.loads(done.stdout)
