"""Replays of many: released by the service bit by bit, watched, paused, moved to another address."""

import json

from harness.service import eventually
from harness.sink import Sink


def crm(sink, **more):
    return {"base_url": sink.url, "timeout_ms": 30000, "max_retries": 0, "retry_schedule_sec": "0", "jitter": 0,
            "poll_interval_ms": 200, "breaker_threshold": 0, **more}


def make_dead_letters(service, count, platform="crm", **fields):
    """Hands `count` events over and waits until all of them are dead letters."""
    ids = []
    for first in range(0, count, 500):
        events = [{"platform": platform, "event_type": "test.event", "payload": {"n": n}, **fields}
                  for n in range(first, min(count, first + 500))]
        answer = service.request("POST", "/api/v1/events", events)
        assert answer.status == 202, answer.body
        ids += [each["id"] for each in answer.json()]
    eventually(lambda: service.ledger_total()["dead_letter"] == count, 60, f"{count} dead letters")
    return ids


def show(service, replay):
    return json.loads(service.command("--json", "replays", "show", str(replay)).stdout)


def wait_state(service, replay, state, timeout=60):
    return eventually(lambda: (job := show(service, replay))["state"] == state and job, timeout, f"replay {replay} {state}")


def test_many_dead_letters_are_released_by_the_service_and_each_is_delivered_once(start):
    up = []
    sink = Sink(lambda callback, count: 200 if up else 500)
    service = start(crm=crm(sink))
    ids = make_dead_letters(service, 1200)
    preview = service.command("replay", "--platform", "crm", "--dry-run").stdout
    assert "1,200 events would be replayed" in preview and "http_5xx" in preview, preview
    assert len(sink.callbacks) == 1200
    up.append(True)
    begun = json.loads(service.command("--json", "replay", "--platform", "crm", "--why", "it is mended").stdout)
    assert (begun["state"], begun["matching"], begun["reason"]) == ("running", 1200, "it is mended")
    job = wait_state(service, begun["id"], "done")
    assert (job["released"], job["delivered"], job["still_open"]) == (1200, 1200, 0)
    assert all(sink.delivered[each] == 1 for each in ids)
    assert service.ledger_total()["delivered"] == 1200
    story = service.command("trace", ids[0]).stdout
    assert f"replay {begun['id']} by" in story and "it is mended" in story, story
    eventually(lambda: {'yizhan_replay_jobs{state="done"} 1', 'yizhan_replay_events_total{outcome="delivered"} 1200'} <=
               set(service.request("GET", "/metrics").body.decode().splitlines()), what="the job to be counted as done")


def test_a_replay_keeps_to_its_rate_and_is_paused_resumed_and_cancelled(start):
    up = []
    sink = Sink(lambda callback, count: 200 if up else 500)
    service = start(crm=crm(sink))
    count = 600  # two minutes' worth: it does not end while the test looks
    make_dead_letters(service, count)
    up.append(True)
    answer = service.request("POST", "/api/v1/replays", {"selection": {"platform": "crm"}, "rate": 5})
    assert answer.status == 202, answer.body
    replay = answer.json()["replays"][0]["id"]
    eventually(lambda: show(service, replay)["released"] >= 2, what="the first releases")
    paused = service.request("POST", f"/api/v1/replays/{replay}/pause").json()
    assert paused["state"] == "paused" and paused["released"] < count
    eventually(lambda: show(service, replay)["still_open"] == 0, what="what was released to end")
    # A paused replay does not move, while other events do.
    service.wait_status(service.emit("crm", {"n": "live"}), "delivered")
    assert show(service, replay)["released"] == paused["released"]
    service.command("replays", "resume", str(replay))
    eventually(lambda: show(service, replay)["released"] > paused["released"], what="it to go on")
    cancelled = json.loads(service.command("--json", "replays", "cancel", str(replay)).stdout)
    assert cancelled["state"] == "cancelled" and cancelled["released"] < count
    assert service.request("POST", f"/api/v1/replays/{replay}/resume").status == 409
    assert service.request("GET", "/api/v1/replays/4711").status == 404
    total = service.ledger_total()
    assert total["dead_letter"] == count - cancelled["released"]


def test_a_replay_to_another_address_keeps_the_former_one_on_record(start):
    old, new = Sink(lambda callback, count: 500), Sink()
    service = start(crm=crm(old))
    event_id = make_dead_letters(service, 1)[0]
    begun = json.loads(service.command("--json", "replay", "--platform", "crm", "--to", new.url + "/moved",
                                       "--why", "they have moved").stdout)
    wait_state(service, begun["id"], "done")
    assert [each.path for each in new.callbacks] == ["/moved"] and len(old.callbacks) == 1
    event = service.event(event_id)
    assert event["callback_target"] == new.url + "/moved"
    replays = json.loads(service.command("--json", "events", "show", event_id).stdout)["replays"]
    assert [each["former_target"] for each in replays] == [""]


def test_a_replay_that_cannot_go_on_says_why(start):
    sink = Sink(lambda callback, count: 500)
    service = start(crm=crm(sink))
    make_dead_letters(service, 1)
    begun = json.loads(service.command("--json", "replay", "--platform", "crm", "--to", "ftp://nowhere").stdout)
    job = wait_state(service, begun["id"], "failed")
    assert "ftp" in job["last_error"] and job["released"] == 0


def test_an_endpoint_that_is_still_broken_gets_no_more_than_its_share(start):
    """What was released waits for it; the rest stays as it is."""
    sink = Sink(lambda callback, count: 500)
    service = start(crm=crm(sink, in_flight_cap=8))
    make_dead_letters(service, 40)
    service.stop()
    # From now on an attempt that fails is tried again, much later.
    service.variables.update(YIZHAN_PLATFORM_CRM_MAX_RETRIES="5", YIZHAN_PLATFORM_CRM_RETRY_SCHEDULE_SEC="3600")
    service.start()
    begun = json.loads(service.command("--json", "replay", "--platform", "crm", "--gradually", "--rate", "1000").stdout)
    sink.wait_count(44)
    service.wait_status(service.emit("crm", {"n": "live"}), "retrying")
    job = show(service, begun["id"])
    assert (job["released"], job["still_open"]) == (4, 4), job  # half of its in-flight cap


def test_the_service_goes_on_with_a_replay_after_a_restart(start):
    up = []
    sink = Sink(lambda callback, count: 200 if up else 500)
    service = start(crm=crm(sink))
    ids = make_dead_letters(service, 100)
    up.append(True)
    begun = json.loads(service.command("--json", "replay", "--platform", "crm", "--gradually", "--rate", "40").stdout)
    eventually(lambda: show(service, begun["id"])["released"] > 0, what="the first releases")
    service.stop()
    service.start()
    job = wait_state(service, begun["id"], "done")
    assert (job["released"], job["delivered"]) == (100, 100)
    assert all(sink.delivered[each] == 1 for each in ids)
