"""Faults 1 to 5 and the random kills: SIGKILL of the real binary between any two steps loses nothing."""

import os
import random
import threading

import pytest
from accounting import Producer, check_nothing_lost, settle

from harness.service import eventually
from harness.sink import Sink

# How many random kills for each store: a sample on every change, all of them in `./test full`.
KILLS = {"full": 500}.get(os.environ.get("YIZHAN_TEST_MODE", "ci"), 50)


def platform(sink, **more):
    return {"base_url": sink.url, "timeout_ms": 5000, "max_retries": 20, "retry_schedule_sec": "0", "jitter": 0,
            "poll_interval_ms": 100, "breaker_threshold": 0, **more}


@pytest.mark.parametrize(
    "fail_point",
    [
        "write.begin:5",  # fault 1
        "write.before_commit:5",  # fault 1
        "write.after_commit:5",  # fault 2
        "api.before_answer:5",  # fault 2
        "dispatch.before_send:5",  # fault 3
        "dispatch.after_send:5",  # fault 4
    ],
)
def test_faults_1_to_4_killed_between_two_steps(start, fail_point):
    sink = Sink()
    service = start(fail_point=fail_point, crm=platform(sink))
    producer = Producer(service, "crm").start()
    service.wait_dead()
    service.start()
    sink.wait(lambda each: len(each.callbacks) >= 40)
    producer.stop()
    check_nothing_lost(service, sink, producer.acknowledged)
    assert all(count <= 2 for count in sink.counts.values())


def test_fault_5_killed_while_burying(start):
    sink = Sink(lambda callback, count: 500)
    service = start(fail_point="bury.before_commit:1", crm=platform(sink, max_retries=1))
    event_id = service.emit("crm", 1)
    service.wait_dead()
    service.start()
    event = service.wait_status(event_id, "dead_letter", timeout=120)  # PostgreSQL: when the lease ends
    assert len(event["attempts"]) == event["attempt_count"] == 2
    total = settle(service, 1)
    assert (total["accepted"], total["dead_letter"]) == (1, 1)
    letters = service.request("GET", "/api/v1/dead-letters").json()
    assert str(letters).count(event_id) == 1


def test_fault_5_killed_while_replaying(start):
    up = []
    sink = Sink(lambda callback, count: 200 if up else 500)
    service = start(crm=platform(sink, max_retries=0))
    ids = [service.emit("crm", n) for n in range(20)]
    for each in ids:
        service.wait_status(each, "dead_letter")
    service.stop()
    service.start(fail_point="replay.before_commit:1")
    try:
        service.request("POST", "/api/v1/replay", {"selection": {"statuses": ["dead_letter"]}}, timeout=10)
    except OSError:
        pass  # it died, as it was told to
    service.wait_dead()
    service.start()
    total = service.ledger_total()
    assert (total["dead_letter"], total["pending"], total["mismatch"]) == (20, 0, 0)
    up.append(True)
    answer = service.request("POST", "/api/v1/replay", {"selection": {"statuses": ["dead_letter"]}})
    assert answer.status == 200 and answer.json()["replayed"] == 20, answer.body
    for each in ids:
        service.wait_status(each, "delivered")


def test_fault_5_killed_while_migrating(make_service):
    sink = Sink()
    service = make_service(crm=platform(sink))
    service.spawn(fail_point="migrate.before_commit:1")
    service.wait_dead()
    service.start()
    service.wait_status(service.emit("crm", 1), "delivered")


@pytest.mark.timeout_seconds(3600)
def test_killed_at_random_under_load(start):
    """Issue: nothing accepted is ever missing; a duplicate delivery only of an event in flight at a kill, same id."""
    seed = int(os.environ.get("YIZHAN_TEST_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"YIZHAN_TEST_SEED={seed}")
    chance = random.Random(seed)
    sink = Sink()
    service = start(crm=platform(sink))
    producer = Producer(service, "crm").start()
    pause = threading.Event()
    for _ in range(KILLS):
        seen = len(sink.callbacks)
        sink.wait(lambda each, seen=seen: len(each.callbacks) > seen + 5, timeout=60)
        pause.wait(chance.random() * 0.05)  # so that the kill falls anywhere between two steps
        service.kill()
        service.start()
    producer.stop()
    duplicates = check_nothing_lost(service, sink, producer.acknowledged)
    # An event is in flight at one kill, or, rarely, at several in a row; never without a kill.
    assert max(sink.counts.values()) <= KILLS + 1
    print(f"{len(producer.acknowledged)} acknowledged, {duplicates} duplicates over {KILLS} kills")


def test_without_a_fault_nothing_arrives_twice(start):
    sink = Sink()
    service = start(crm=platform(sink, timeout_ms=30000))
    producer = Producer(service, "crm").start()
    sink.wait_count(2000, timeout=120)
    producer.stop()
    assert check_nothing_lost(service, sink, producer.acknowledged) == 0
    eventually(lambda: service.ledger_total()["mismatch"] == 0)
