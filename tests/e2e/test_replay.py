"""Replays of many: released by the service bit by bit, watched, paused, moved to another address."""

import base64
import hashlib
import hmac
import json

import pytest

from harness.service import eventually
from harness.sink import Sink

OLD, NEW = ("whsec_" + base64.b64encode(letter * 32).decode() for letter in (b"o", b"n"))


def signatures(secret, callback, scheme):
    """What this secret makes of the callback: by hand, as a receiver that knows nothing else does."""
    key, body = secret.encode(), callback.body
    if scheme == "x-cs":
        return hmac.new(key, callback.headers["x-cs-timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
    if scheme == "standard-webhooks":
        text = f"{callback.headers['webhook-id']}.{callback.headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(secret.removeprefix("whsec_"))
        return "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return hmac.new(key, body, hashlib.sha256).hexdigest()


SIGNATURE_HEADER = {"x-cs": "x-cs-signature", "standard-webhooks": "webhook-signature",
                    "webhook-signature": "x-webhook-signature", "hmac": "x-signature"}


def rotating(sink, scheme="x-cs", secrets=(NEW, OLD), **more):
    """While a secret is being replaced: the new one first."""
    header = "webhook-id" if scheme == "standard-webhooks" else "X-Yizhan-Event-Id"
    return crm(sink, signing=scheme, secrets=",".join(secrets), event_id_header=header, **more)


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


def test_a_replay_finds_what_stands_behind_many_others(start):
    """Farther than one look at the store goes: it looks on until it has been through."""
    up = []
    sink = Sink(lambda callback, count: 200 if up else 500)
    service = start(crm=crm(sink))
    first = make_dead_letters(service, 1)[0]
    many = 21_000
    service.sql(f"""
        WITH RECURSIVE series(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM series WHERE i < {many})
        INSERT INTO outbox_events (sequence, id, platform, event_type, callback_target, payload, correlation, order_key,
                                   traceparent, created_at)
        SELECT e.sequence + i, 'other-' || i, e.platform, 'other.event', '', e.payload, '', '', '', e.created_at
        FROM series, outbox_events AS e WHERE e.id = '{first}';
        INSERT INTO outbox_abandoned (sequence, status, attempt_count, updated_at)
        SELECT sequence, 'dead_letter', 1, created_at FROM outbox_events WHERE id LIKE 'other-%'""")
    if not service.store.startswith("sqlite:"):
        service.sql(f"SELECT setval('outbox_sequence', last_value + {many}) FROM outbox_sequence")
    wanted = service.emit("crm", {"n": "wanted"}, event_type="wanted.event")
    service.wait_status(wanted, "dead_letter")
    up.append(True)
    answer = service.request("POST", "/api/v1/replays", {"selection": {"platform": "crm", "event_type": "wanted.event"}})
    assert answer.status == 202, answer.body
    job = wait_state(service, answer.json()["replays"][0]["id"], "done")
    assert (job["matching"], job["released"], job["delivered"]) == (1, 1, 1)
    assert sink.delivered[wanted] == 1 and service.ledger_total()["dead_letter"] == many + 1


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


@pytest.mark.parametrize("scheme", SIGNATURE_HEADER)
def test_a_replay_is_signed_with_the_previous_secret_where_it_says_so(sqlite_service, scheme):
    """A receiver that has not changed over yet takes what is signed with its old secret, and nothing else."""
    def takes(callback, count):
        return 200 if callback.headers[SIGNATURE_HEADER[scheme]] == signatures(OLD, callback, scheme) else 401

    sink = Sink(takes, event_id_header="webhook-id" if scheme == "standard-webhooks" else "X-Yizhan-Event-Id")
    service = sqlite_service(crm=rotating(sink, scheme)).start()
    ids = make_dead_letters(service, 3)
    one = service.request("POST", f"/api/v1/events/{ids[0]}/replay", {"secret": "previous"})
    assert one.json() == {"replayed": 1}, one.body
    service.wait_status(ids[0], "delivered")
    service.command("replay", ids[1], "--secret", "previous", "--why", "they are late")
    service.wait_status(ids[1], "delivered")
    begun = service.request("POST", "/api/v1/replays", {"selection": {"platform": "crm"}, "secret": "previous"})
    assert begun.json()["replays"][0]["secret"] == "previous", begun.body
    service.wait_status(ids[2], "delivered")


def test_a_replay_says_with_which_secret(start):
    sink = Sink(lambda callback, count: 500, event_id_header="X-Yizhan-Event-Id")
    service = start(crm=rotating(sink))
    event_id = make_dead_letters(service, 1)[0]
    whole = {"selection": {"platform": "crm"}, "secret": "previous", "preview": True}
    assert service.request("POST", "/api/v1/replay", whole).json() == {"count": 1, "secret": "previous"}
    assert service.request("POST", "/api/v1/replays", whole).json()["secret"] == "previous"
    preview = service.command("replay", "--platform", "crm", "--secret", "previous", "--preview").stdout
    assert "signed with the previous secret" in preview, preview
    assert service.request("POST", "/api/v1/replay", {**whole, "preview": False}).json() == {"replayed": 1}
    service.wait_status(event_id, "dead_letter")
    begun = json.loads(service.command("--json", "replay", "--platform", "crm", "--secret", "previous", "--gradually").stdout)
    wait_state(service, begun["id"], "done")
    assert all(each.headers["x-cs-signature"] == signatures(OLD, each, "x-cs") for each in sink.callbacks[1:])
    assert "the previous secret" in service.command("replays", "show", str(begun["id"])).stdout
    story = service.command("trace", event_id).stdout
    assert story.count("signed with the previous secret") == 2, story
    entries = service.request("GET", "/api/v1/audit?action=event.replay").json()["entries"]
    assert [each["detail"]["secret"] for each in entries] == ["previous"]
    assert service.event(event_id)["secret"] == "previous"
    # The next replay that says nothing is signed as any event is.
    service.command("replay", event_id)
    sink.wait_count(4)
    assert sink.callbacks[3].headers["x-cs-signature"] == signatures(NEW, sink.callbacks[3], "x-cs")
    assert "secret" not in service.event(event_id)


def test_a_replay_with_a_previous_secret_that_there_is_none_of_is_refused(start):
    sink = Sink(lambda callback, count: 500, event_id_header="X-Yizhan-Event-Id")
    service = start(crm=rotating(sink, secrets=(NEW,)), plain=crm(sink))
    ids = make_dead_letters(service, 1)
    wish = {"secret": "previous"}
    for path, body in ((f"/api/v1/events/{ids[0]}/replay", wish), ("/api/v1/replay", {"selection": {"ids": ids}, **wish}),
                       ("/api/v1/replays", {"selection": {"ids": ids}, **wish})):
        answer = service.request("POST", path, body)
        assert (answer.status, answer.json()["code"]) == (422, "previous_secret_missing"), answer.body
    refused = service.command("replay", ids[0], "--secret", "previous", check=False)
    assert refused.returncode != 0 and "platforms.crm.secrets" in refused.stderr, refused
    assert service.event(ids[0])["status"] == "dead_letter" and len(sink.callbacks) == 1
    for body in ({"secret": "older"}, {"secret": 2}, {"what": "previous"}):
        assert service.request("POST", f"/api/v1/events/{ids[0]}/replay", body).status == 422
    assert service.request("POST", "/api/v1/events/none/replay", wish).status == 404


def test_a_previous_secret_that_goes_away_makes_a_dead_letter_that_says_so(start):
    """The rotation is ended while a marked event waits for its next attempt."""
    sink = Sink(lambda callback, count: 500, event_id_header="X-Yizhan-Event-Id")
    service = start(crm=rotating(sink))
    event_id = make_dead_letters(service, 1)[0]
    service.stop()
    service.command("replay", event_id, "--secret", "previous")
    service.variables["YIZHAN_PLATFORM_CRM_SECRETS"] = NEW
    service.start()
    event = service.wait_status(event_id, "dead_letter")
    assert [each["error_class"] for each in event["attempts"]] == ["http_5xx", "signing"], event
    assert "platforms.crm.secrets" in event["last_error"] and len(sink.callbacks) == 1
    assert "replay without --secret" in service.command("trace", event_id).stdout
    service.command("replay", event_id)
    sink.wait_count(2)
    assert service.ledger_total()["mismatch"] == 0


def test_a_replay_whose_previous_secret_goes_away_releases_nothing_more(start):
    sink = Sink(lambda callback, count: 500, event_id_header="X-Yizhan-Event-Id")
    service = start(crm=rotating(sink))
    ids = make_dead_letters(service, 2)
    service.stop()
    begun = json.loads(service.command("--json", "replay", "--platform", "crm", "--secret", "previous", "--gradually").stdout)
    service.variables["YIZHAN_PLATFORM_CRM_SECRETS"] = NEW
    service.start()
    job = wait_state(service, begun["id"], "failed")
    assert job["last_error"] == "the platform has no previous secret any more" and job["released"] == 0, job
    assert [service.event(each)["status"] for each in ids] == ["dead_letter"] * 2 and len(sink.callbacks) == 2
