#!/usr/bin/env python3
"""driver_test.py DRIVER: shows the driver services that do something wrong and looks whether it notices. A benchmark that
cannot see a lost event would praise whoever loses them."""

import hashlib
import hmac
import http.client
import itertools
import json
import pathlib
import queue
import re
import subprocess
import sys
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests"))

from harness.ports import free_port  # noqa: E402

SECRET = "driver-test-secret"
TOTAL = 200
EVERY = 10  # one event in so many is treated badly
LOSS_DRAIN = 8  # seconds: long enough for everything that does come
DRIVER = ""


def number_of(payload: bytes) -> int:
    return int(json.loads(payload)["id"])


class Relay:
    """The smallest service: accepts, keeps in memory, delivers from one thread. `misbehave` changes what is delivered."""

    def __init__(self, misbehave=None, refuses=lambda number: False, path="/callbacks"):
        self.waiting: queue.Queue = queue.Queue()
        self.misbehave = misbehave or (lambda number, callback: [callback])
        self.refuses = refuses
        self.path = path
        self.timestamp = str(int(time.time()))
        self.sink_port = free_port()
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                payload = relay.taken(body, self.headers)
                refused = relay.refuses(number_of(payload))
                self.send_response(503 if refused else 202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                if not refused:
                    relay.waiting.put(payload)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        threading.Thread(target=self.deliver, daemon=True).start()

    def taken(self, body: bytes, headers) -> bytes:
        # The payload goes out byte for byte, so it is cut out of the request, not parsed and written again.
        return body[body.index(b'"payload":') + len(b'"payload":') : -1]

    def deliver(self) -> None:
        while True:
            payload = self.waiting.get()
            signature = hmac.new(SECRET.encode(), f"{self.timestamp}.".encode() + payload, hashlib.sha256).hexdigest()
            for body, signed in self.misbehave(number_of(payload), (payload, signature)):
                headers = {"X-CS-Timestamp": self.timestamp, "X-CS-Signature": signed}
                status = self.post(body, headers)
                if status >= 500:
                    self.post(body, headers)

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.sink_port, timeout=10)
        try:
            connection.request("POST", self.path, body, headers)
            return connection.getresponse().status
        except OSError:
            return 0  # the driver has ended
        finally:
            connection.close()

    def drive(self, **options) -> dict:
        settings = {
            "port": self.server.server_port,
            "sink-port": self.sink_port,
            "secret": SECRET,
            "check-every": 1,
            "connections": 4,
            "total": TOTAL,
            "warm-up": 0,
            "seconds": 60,
            "drain": 60,  # it ends with the last event
            **options,
        }
        command = [DRIVER, *(str(part) for name, value in settings.items() for part in ("--" + name, value))]
        output = subprocess.run(command, capture_output=True, text=True, timeout=110, check=True).stdout
        self.server.shutdown()
        self.server.server_close()
        return json.loads(output)


class PushRelay(Relay):
    """As small: takes carriers' callbacks and calls the cloud function."""

    def __init__(self, misbehave=None):
        self.parcels: dict[str, list[tuple[str, str]]] = {}
        super().__init__(misbehave)

    def taken(self, body: bytes, headers) -> bytes:
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        if headers["X-Signature"] != signature:
            raise AssertionError("the driver signs wrongly")
        status = json.loads(body)
        self.parcels.setdefault(status["tracking_no"], []).append((status["event_time"], status["status_code"]))
        call = {"token": "", "push_clientid": "cid-" + status["tracking_no"], "content": status["event_text"]}
        return json.dumps({"id": status["event_text"], **call}, separators=(",", ":")).encode()

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.sink_port, timeout=10)
        try:
            connection.request("POST", "/push", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            document = json.loads(answer.read())
            if document != {"errCode": 0, "errMsg": "", "data": {"RASS_1": {json.loads(body)["push_clientid"]: "successed_online"}}}:
                raise AssertionError(f"no cloud function answers {document}")
            return answer.status
        except OSError:
            return 0  # the driver has ended
        finally:
            connection.close()

    def drive(self, **options) -> dict:
        return super().drive(**{"express-secret": SECRET, "push-number": "content", "parcels": 7, **options})


def badly(change):
    """Does `change` to one event in EVERY."""
    return lambda number, callback: change(*callback) if number % EVERY == 0 else [callback]


def twice():
    """Delivers one event in EVERY twice, and an ordinary event last of all: the driver ends with the last event, and would
    not see what is repeated after it."""
    ordinary, held, seen = 1, [], itertools.count(1)

    def deliver(number, callback):
        now = [callback] * (2 if number % EVERY == 0 else 1)
        if number == ordinary:
            held.extend(now)
            now = []
        return now + held if next(seen) == TOTAL else now

    return deliver


class DriverTest(unittest.TestCase):
    def test_a_service_that_does_its_work(self):
        result = Relay().drive()
        self.assertEqual(result["total"]["delivered"], TOTAL)
        self.assertEqual(result["sink"]["checked"], TOTAL)
        for name in ("missing", "duplicates", "unexpected", "refused", "delivered_unaccepted"):
            self.assertEqual(result["total"][name], 0, name)
        for name in ("bad_signatures", "bad_bodies"):
            self.assertEqual(result["sink"][name], 0, name)
        self.assertEqual(result["accepted_to_delivered_us"]["count"], TOTAL)

    def test_lost_events(self):
        result = Relay(badly(lambda body, signature: [])).drive(drain=LOSS_DRAIN)
        self.assertEqual(result["total"]["missing"], TOTAL // EVERY)

    def test_events_delivered_twice(self):
        result = Relay(twice()).drive()
        self.assertEqual(result["total"]["duplicates"], TOTAL // EVERY)
        self.assertEqual(result["total"]["missing"], 0)

    def test_wrong_signatures(self):
        result = Relay(badly(lambda body, signature: [(body, signature[::-1])])).drive()
        self.assertEqual(result["sink"]["bad_signatures"], TOTAL // EVERY)

    def test_changed_bodies(self):
        result = Relay(badly(lambda body, signature: [(body.replace(b"EUR", b"USD"), signature)])).drive()
        self.assertEqual(result["sink"]["bad_bodies"], TOTAL // EVERY)
        self.assertEqual(result["sink"]["bad_signatures"], TOTAL // EVERY)

    def test_events_that_nobody_sent(self):
        stranger = lambda body, signature: [(body.replace(b'{"id":"0', b'{"id":"5'), signature), (body, signature)]  # noqa: E731
        result = Relay(badly(stranger)).drive()
        self.assertEqual(result["total"]["unexpected"], TOTAL // EVERY)

    def test_refused_events(self):
        result = Relay(refuses=lambda number: number % EVERY == 0).drive()
        self.assertEqual(result["total"]["refused"], TOTAL // EVERY)
        self.assertEqual(result["answers"]["503"], TOTAL // EVERY)
        self.assertTrue(result["first_refusal"].startswith("503"))
        self.assertEqual(result["total"]["missing"], 0)

    def test_first_attempts_that_fail_on_purpose(self):
        result = Relay(path="/fail-first").drive(**{"fail-every": EVERY})
        self.assertEqual(result["sink"]["failed_on_purpose"], TOTAL // EVERY)
        self.assertEqual(result["retry_lateness_us"]["count"], TOTAL // EVERY)
        self.assertEqual(result["total"]["delivered"], TOTAL)
        self.assertEqual(result["total"]["duplicates"], 0)

    def test_pushes_of_a_service_that_does_its_work(self):
        relay = PushRelay()
        result = relay.drive()
        self.assertEqual(result["total"]["delivered"], TOTAL)
        for name in ("missing", "duplicates", "unexpected", "refused"):
            self.assertEqual(result["total"][name], 0, name)
        self.assertEqual(result["sink"]["bad_bodies"], 0)
        self.assertEqual(len(relay.parcels), 7)
        # Each status of a parcel is news: later than the last, and another state.
        for steps in relay.parcels.values():
            steps.sort()
            for (time_before, state_before), (time_after, state_after) in zip(steps, steps[1:]):
                self.assertLess(time_before, time_after)
                self.assertNotEqual(state_before, state_after)

    def test_pushes_lost_repeated_and_shown_to_everybody(self):
        lost = PushRelay(badly(lambda body, signature: [])).drive(drain=LOSS_DRAIN)
        self.assertEqual(lost["total"]["missing"], TOTAL // EVERY)
        repeated = PushRelay(twice()).drive()
        self.assertEqual(repeated["total"]["duplicates"], TOTAL // EVERY)
        everybody = lambda body, signature: [(re.sub(b'"cid-[^"]*"', b'""', body), signature), (body, signature)]  # noqa: E731
        self.assertEqual(PushRelay(badly(everybody)).drive()["sink"]["bad_bodies"], TOTAL // EVERY)

    def test_an_open_loop_keeps_its_rate(self):
        rate = 100
        result = Relay().drive(rate=rate)
        expected = (TOTAL - 1) / rate
        self.assertGreaterEqual(result["seconds"], expected * 0.95)
        self.assertEqual(result["total"]["delivered"], TOTAL)

    def test_a_service_that_does_not_answer_ends_the_driver(self):
        command = [DRIVER, "--port", str(free_port()), "--seconds", "1"]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("connect", ended.stderr)


if __name__ == "__main__":
    DRIVER = sys.argv.pop(1)
    unittest.main()
