"""Replay jobs under SIGKILL: nothing is released twice, nothing is passed over. (fault 5)"""

import json
import random
import threading

from harness.service import eventually
from harness.sink import Sink


def crm(sink):
    return {"base_url": sink.url, "timeout_ms": 10000, "max_retries": 0, "retry_schedule_sec": "0", "jitter": 0,
            "poll_interval_ms": 100, "breaker_threshold": 0}


def make_dead_letters(service, count):
    events = [{"platform": "crm", "event_type": "test.event", "payload": {"n": n}} for n in range(count)]
    answer = service.request("POST", "/api/v1/events", events)
    assert answer.status == 202, answer.body
    eventually(lambda: service.ledger_total()["dead_letter"] == count, 60, f"{count} dead letters")
    return [each["id"] for each in answer.json()]


def begin(service, rate):
    answer = service.command("--json", "replay", "--platform", "crm", "--gradually", "--rate", str(rate))
    return json.loads(answer.stdout)["id"]


def wait_done(service, replay):
    def job():
        shown = json.loads(service.command("--json", "replays", "show", str(replay)).stdout)
        return shown if shown["state"] == "done" else None

    return eventually(job, 180, f"replay {replay} to be done")


def check(service, replay, ids, kills):
    job = wait_done(service, replay)
    assert (job["released"], job["left_alone"], job["delivered"]) == (len(ids), 0, len(ids)), job
    noted = service.rows("SELECT count(*), count(DISTINCT sequence) FROM replay_job_events")
    assert noted == [(str(len(ids)), str(len(ids)))]
    total = service.ledger_total()
    assert (total["delivered"], total["mismatch"]) == (len(ids), 0), total


def test_fault_5_killed_while_releasing(start):
    up = []
    sink = Sink(lambda callback, count: 200 if up else 500)
    service = start(crm=crm(sink))
    ids = make_dead_letters(service, 60)
    up.append(True)
    service.stop()
    service.start(fail_point="replay_job.before_commit:4")
    replay = begin(service, 200)
    service.wait_dead()
    service.start()
    check(service, replay, ids, kills=1)


def test_killed_at_random_while_releasing(start):
    up = []
    sink = Sink(lambda callback, count: 200 if up else 500)
    service = start(crm=crm(sink))
    ids = make_dead_letters(service, 500)
    up.append(True)
    replay = begin(service, 50)  # slow enough to last for all the kills
    chance = random.Random(7)
    pause = threading.Event()
    for _ in range(5):
        seen = len(sink.callbacks)
        sink.wait(lambda each, seen=seen: len(each.callbacks) > seen + 5, timeout=60)
        pause.wait(chance.random() * 0.05)  # so that the kill falls anywhere
        service.kill()
        service.start()
    check(service, replay, ids, kills=5)
