"""The account that every crash test keeps: what was acknowledged, what arrived, what the store says now."""

import json
import threading
import urllib.error

from harness.service import eventually


class Senders:
    """Threads that send one thing after the other and try each again until it is acknowledged, as fast as they are
    answered."""

    def __init__(self, service, threads=4):
        self.service = service
        self._next = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def stop(self):
        """Stops and waits until everything that was tried has been acknowledged; the service must be up."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a sender is stuck"

    def _run(self):
        while not self._stop.is_set():
            self.send_next()

    def send_next(self):
        """Sends one thing and remembers that it was acknowledged; called by every thread."""
        raise NotImplementedError

    def take(self, count=1):
        """The next `count` numbers, which nobody else gets."""
        with self._lock:
            first = self._next
            self._next += count
            return range(first, first + count)

    def until_acknowledged(self, send, is_success):
        """Calls `send` until `is_success` holds for what it answers, and gives that answer."""
        pause = threading.Event()
        for _ in range(3000):
            try:
                answer = send()
            except (urllib.error.URLError, ConnectionError, TimeoutError, OSError):
                pause.wait(0.02)  # the service is down: a sender tries again
                continue
            if is_success(answer):
                return answer
            assert answer.status == 503, (answer.status, answer.body)
            pause.wait(0.02)
        raise AssertionError("never acknowledged")


class Producer(Senders):
    """Hands events over, each with a number of its own in its payload and as its idempotency key."""

    def __init__(self, service, platform, threads=4, batch=5):
        super().__init__(service, threads)
        self.platform = platform
        self.batch = batch
        self.acknowledged = {}  # number -> event id

    def send_next(self):
        numbers = self.take(self.batch)
        events = [
            {"platform": self.platform, "event_type": "t", "payload": {"n": n}, "idempotency_key": f"n-{n}"} for n in numbers
        ]
        answer = self.until_acknowledged(
            lambda: self.service.request("POST", "/api/v1/events", events, timeout=10),
            lambda answer: answer.status in (200, 202),
        )
        with self._lock:
            for n, accepted in zip(numbers, answer.json(), strict=True):
                self.acknowledged[n] = accepted["id"]


def settle(service, count, timeout=120):
    """Waits until nothing is open any more and returns the ledger's total; it must sum up."""

    def settled():
        total = service.ledger_total()
        return total if total["pending"] == 0 and total["retrying"] == 0 and total["accepted"] >= count else None

    total = eventually(settled, timeout, "the outbox to drain")
    assert total["mismatch"] == 0, total
    return total


def check_nothing_lost(service, sink, acknowledged):
    """No acknowledged event is missing, each is stored once, and none was sent again whose delivery was on record.
    Answers how many arrived twice."""
    total = settle(service, len(acknowledged))
    arrived = {}
    for callback in sink.callbacks:
        n = json.loads(callback.body)["n"]
        arrived.setdefault(n, set()).add(callback.headers["webhook-id"])
    missing = [n for n in acknowledged if n not in arrived]
    assert not missing, f"{len(missing)} acknowledged events never arrived, for example {missing[:5]}"
    for n, ids in arrived.items():
        assert len(ids) == 1, f"event {n} arrived under several ids: {ids}"
        if n in acknowledged:
            assert ids == {acknowledged[n]}
    assert total["accepted"] == total["delivered"] == len(arrived)
    # What was in flight at a kill, sent and not yet recorded, may arrive once more; nothing else may.
    sent_again = service.rows(
        "SELECT event_id FROM cs_platform_event_delivery_attempts WHERE response_status = 200 "
        "GROUP BY event_id HAVING count(*) > 1"
    )
    assert not sent_again, sent_again[:5]
    return sum(count - 1 for count in sink.counts.values())
