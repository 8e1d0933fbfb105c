"""Faults 16 and 47, several nodes on one PostgreSQL, and one endpoint in trouble beside others (fault 30)."""

import json
import os
import signal
import time

from accounting import Producer, check_nothing_lost, settle

from harness.sink import Sink


def platform(sink, **more):
    return {"base_url": sink.url, "timeout_ms": 30000, "max_retries": 20, "retry_schedule_sec": "0", "jitter": 0,
            "poll_interval_ms": 100, "breaker_threshold": 0, **more}


def test_two_nodes_share_the_work_and_deliver_nothing_twice(postgres_service):
    sink = Sink()
    first = postgres_service(crm=platform(sink))
    second = postgres_service(store=first.store, crm=platform(sink))
    # Both start at once on an empty database: migrations are safe.
    first.spawn()
    second.spawn()
    first.wait_ready()
    second.wait_ready()
    producers = [Producer(first, "crm").start()]
    sink.wait_count(1000, timeout=60)
    producers[0].stop()
    assert check_nothing_lost(second, sink, producers[0].acknowledged) == 0
    # Events that only the other node can have taken: the first one's API, no dispatcher of its own.
    first.stop()
    first.roles = "console"
    first.start()
    seen = len(sink.callbacks)
    event_id = first.emit("crm", {"n": 10_000_000})
    sink.wait(lambda each: len(each.callbacks) > seen)
    second.wait_status(event_id, "delivered")


def test_a_dead_node_s_leases_are_taken_over(postgres_service):
    """Issue: within lease + 5 s; a lease is the time-out and 30 s."""
    sink = Sink(lambda callback, count: "hang" if count == 1 else 200)
    first = postgres_service(crm=platform(sink, timeout_ms=1000)).start()
    second = postgres_service(store=first.store, crm=platform(sink, timeout_ms=1000)).start()
    event_id = first.emit("crm", {"n": 1})
    sink.wait_count(1)
    killed_at = time.monotonic()
    first.kill()
    event = second.wait_status(event_id, "delivered", timeout=45)
    assert time.monotonic() - killed_at < 1 + 30 + 5
    assert len(event["attempts"]) == 1  # the killed node's attempt was never recorded


def test_fault_16_a_node_that_slept_past_its_lease_cannot_record(postgres_service):
    sink = Sink(lambda callback, count: "hang" if count == 1 else 200)
    first = postgres_service(crm=platform(sink, timeout_ms=1000, retry_schedule_sec="60")).start()
    second = postgres_service(store=first.store, crm=platform(sink, timeout_ms=1000)).start()
    event_id = first.emit("crm", {"n": 1})
    sink.wait_count(1)
    os.kill(first.process.pid, signal.SIGSTOP)
    event = second.wait_status(event_id, "delivered", timeout=45)
    os.kill(first.process.pid, signal.SIGCONT)
    # Woken, it finds its attempt timed out and wants to record a retry: refused, and said so.
    from harness.service import eventually

    eventually(lambda: "result_refused" in first.log(), what="the late result to be refused")
    assert second.event(event_id) == event
    assert len(sink.of_event(event_id)) == 2


def test_fault_47_a_graceful_stop_under_load_loses_nothing_and_repeats_nothing(start):
    sink = Sink()
    service = start(crm=platform(sink))
    producer = Producer(service, "crm").start()
    for _ in range(3):
        seen = len(sink.callbacks)
        sink.wait(lambda each, seen=seen: len(each.callbacks) > seen + 100, timeout=60)
        assert service.stop(timeout=30) == 0
        service.start()
    producer.stop()
    assert check_nothing_lost(service, sink, producer.acknowledged) == 0


def test_fault_30_an_endpoint_that_hangs_costs_the_others_nothing(start):
    good = Sink()
    hanging = Sink(lambda callback, count: "hang")
    service = start(
        good=platform(good),
        bad=platform(hanging, timeout_ms=300000),
    )
    for _ in range(10):
        answer = service.request(
            "POST", "/api/v1/events", [{"platform": "bad", "event_type": "t", "payload": n} for n in range(1000)]
        )
        assert answer.status == 202
    hanging.wait_count(10)
    # A delivery that waited for the hanging endpoint would take its five minutes.
    for n in range(100):
        service.wait_status(service.emit("good", {"n": n}), "delivered")
    assert len(good.callbacks) == 100
    assert service.ledger_total()["pending"] == 10_000, "they hang as before"


def test_events_for_a_hung_endpoint_are_all_accounted_for(start):
    hanging = Sink(lambda callback, count: "hang" if count == 1 else 200)
    service = start(crm=platform(hanging, timeout_ms=300, in_flight_cap=8))
    ids = [each["id"] for each in service.request(
        "POST", "/api/v1/events", [{"platform": "crm", "event_type": "t", "payload": {"n": n}} for n in range(50)]
    ).json()]
    total = settle(service, 50)
    assert total["delivered"] == 50
    for event_id in ids[:5]:
        event = service.event(event_id)
        assert [each["error_class"] for each in event["attempts"]][0] == "timeout", json.dumps(event)
