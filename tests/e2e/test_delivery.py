"""Events handed over by HTTP and SQL are delivered, retried, dead-lettered, replayed, and accounted for: on both stores."""

import hashlib
import hmac
import json
import statistics

import pytest

from harness.service import eventually
from harness.sink import Sink


def fast_retries(retries=2):
    return {"max_retries": retries, "retry_schedule_sec": "0", "jitter": 0, "poll_interval_ms": 200}


def test_an_event_arrives_byte_for_byte_and_signed(start):
    sink = Sink(event_id_header="X-Yizhan-Event-Id")
    service = start(crm={"base_url": sink.url + "/hook", "signing": "x-cs", "secret": "callback-secret"})
    payload = '{"b": 1,\n  "a":[1.50, "\\u00e9\\ud83d\\ude00 / \\/"], "amount":100.10}'
    body = f'{{"platform":"crm","event_type":"order.paid","payload":{payload},"correlation":"order-1"}}'
    answer = service.request("POST", "/api/v1/events", body.encode())
    assert answer.status == 202
    event_id = answer.json()["id"]
    assert answer.json()["duplicate"] is False
    sink.wait_count(1)
    callback = sink.callbacks[0]
    assert callback.path == "/hook"
    assert callback.body == payload.encode()
    assert callback.headers["x-yizhan-event-id"] == event_id
    timestamp = callback.headers["x-cs-timestamp"]
    expected = hmac.new(b"callback-secret", timestamp.encode() + b"." + callback.body, hashlib.sha256).hexdigest()
    assert callback.headers["x-cs-signature"] == expected
    event = service.wait_status(event_id, "delivered")
    assert event["attempt_count"] == 1
    assert [(each["attempt_no"], each["response_status"]) for each in event["attempts"]] == [(1, 200)]


def test_the_standard_envelope(start):
    sink = Sink()
    service = start(crm={"base_url": sink.url, "envelope": "standard", "signing": "none", "event_id_header": "webhook-id"})
    event_id = service.emit("crm", {"n": 1}, event_type="thing.made")
    sink.wait_count(1)
    body = json.loads(sink.callbacks[0].body)
    assert body["type"] == "thing.made" and body["data"] == {"n": 1} and body["timestamp"].endswith("Z")
    assert sink.callbacks[0].headers["webhook-id"] == event_id


def test_every_delay_of_the_schedule_is_used_and_the_event_becomes_a_dead_letter(start):
    sink = Sink(lambda callback, count: 500)
    service = start(crm={"base_url": sink.url, "max_retries": 3, "retry_schedule_sec": "0,0,0", "jitter": 0,
                         "breaker_threshold": 0})
    event_id = service.emit("crm", {"n": 1})
    event = service.wait_status(event_id, "dead_letter")
    assert event["attempt_count"] == 4
    assert [each["error_class"] for each in event["attempts"]] == ["http_5xx"] * 4
    assert len({each.headers["webhook-id"] for each in sink.of_event(event_id)}) == 1
    letters = service.request("GET", "/api/v1/dead-letters").json()
    assert event_id in json.dumps(letters)
    assert service.ledger_total()["dead_letter"] == 1


def test_replay_gives_the_whole_schedule_again_and_keeps_the_history(start):
    up = []
    sink = Sink(lambda callback, count: 200 if up else 503)
    service = start(crm={"base_url": sink.url, "breaker_threshold": 0, **fast_retries(1)})
    event_id = service.emit("crm", {"n": 1})
    service.wait_status(event_id, "dead_letter")
    up.append(True)
    answer = service.request("POST", f"/api/v1/events/{event_id}/replay")
    assert answer.status == 200, answer.body
    event = service.wait_status(event_id, "delivered")
    assert [each["attempt_no"] for each in event["attempts"]] == [1, 2, 3]
    assert event_id not in json.dumps(service.request("GET", "/api/v1/dead-letters").json())


def test_idempotency_key(start):
    sink = Sink()
    service = start(crm={"base_url": sink.url})
    event = {"platform": "crm", "event_type": "t", "payload": {"n": 1}, "idempotency_key": "k-1"}
    first = service.request("POST", "/api/v1/events", event)
    again = service.request("POST", "/api/v1/events", event)
    other = service.request("POST", "/api/v1/events", {**event, "payload": {"n": 2}})
    assert first.status == 202 and again.status == 200 and other.status == 409
    assert again.json()["id"] == first.json()["id"] and again.json()["duplicate"] is True
    assert other.json()["code"] == "idempotency_conflict"
    service.wait_status(first.json()["id"], "delivered")
    assert len(sink.callbacks) == 1


def test_an_array_is_stored_whole_or_not_at_all(start):
    sink = Sink()
    service = start(crm={"base_url": sink.url})
    good = [{"platform": "crm", "event_type": "t", "payload": n} for n in range(100)]
    answer = service.request("POST", "/api/v1/events", good)
    assert answer.status == 202
    ids = [each["id"] for each in answer.json()]
    assert len(set(ids)) == 100
    sink.wait_count(100)
    by_id = {each.headers["webhook-id"]: int(each.body) for each in sink.callbacks}
    assert [by_id[each] for each in ids] == list(range(100))
    bad = service.request("POST", "/api/v1/events", [*good, {"platform": "nobody", "event_type": "t", "payload": 1}])
    assert bad.status == 422 and bad.json()["code"] == "unknown_platform"
    eventually(lambda: service.ledger_total()["delivered"] == 100)
    assert service.ledger_total()["accepted"] == 100
    too_many = service.request("POST", "/api/v1/events", good * 11)
    assert too_many.status in (400, 413, 422) and too_many.json()["code"]


def test_targets_join_the_base_url(start):
    sink = Sink()
    service = start(crm={"base_url": sink.url + "/base"})
    service.emit("crm", 1)
    service.emit("crm", 2, callback_target="/orders?x=1")
    service.emit("crm", 3, callback_target=sink.url + "/elsewhere")
    sink.wait_count(3)
    assert {int(each.body): each.path for each in sink.callbacks} == {1: "/base", 2: "/base/orders?x=1", 3: "/elsewhere"}


def test_not_before_waits_and_leaves_on_time(start):
    import datetime

    sink = Sink()
    service = start(crm={"base_url": sink.url})
    begin = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
    due = [begin + datetime.timedelta(seconds=0.7 * n) for n in range(7)]
    for n, moment in enumerate(due):
        event_id = service.emit("crm", n, not_before=moment.isoformat().replace("+00:00", "Z"))
    status = service.event(event_id)["status"]
    assert status == "pending" or datetime.datetime.now(datetime.timezone.utc) >= due[-1]
    sink.wait_count(len(due))
    late = [each.at - due[int(each.body)].timestamp() for each in sink.callbacks]
    assert min(late) >= 0
    # One or the other may be late where the machine is busy; by the poll of every five seconds, most would be.
    assert statistics.median(late) < 1.5, late


def test_events_of_one_order_key_go_out_in_order_and_a_failing_head_holds_only_its_key(start):
    broken = {"on": True}

    def respond(callback, count):
        return 500 if broken["on"] and callback.body == b'"a0"' else 200

    sink = Sink(respond)
    service = start(crm={"base_url": sink.url, "max_retries": 50, "retry_schedule_sec": "1", "jitter": 0,
                         "breaker_threshold": 0})
    ids = {}
    for n in range(5):
        for key in "ab":
            ids[f"{key}{n}"] = service.emit("crm", f"{key}{n}", order_key=key)
    service.wait_status(ids["b4"], "delivered")
    assert all(each.body != b'"a1"' for each in sink.callbacks)
    broken["on"] = False
    if service.event(ids["a0"])["status"] == "dead_letter":
        service.request("POST", f"/api/v1/events/{ids['a0']}/replay")
    service.wait_status(ids["a4"], "delivered")
    order = [each.body for each in sink.callbacks if each.body[1:2] == b"b"]
    assert order == [f'"b{n}"'.encode() for n in range(5)]
    arrived = [each.body for each in sink.callbacks if each.body[1:2] == b"a" and each.body != b'"a0"']
    assert arrived == [f'"a{n}"'.encode() for n in range(1, 5)]


@pytest.mark.parametrize("status", [410])
def test_fault_25_gone_disables_the_endpoint_and_its_events_wait(start, status):
    gone = {"on": True}
    sink = Sink(lambda callback, count: status if gone["on"] else 200)
    service = start(crm={"base_url": sink.url, "max_retries": 0})
    first = service.emit("crm", 1)
    sink.wait_count(1)

    def disabled():
        found = service.request("GET", "/api/v1/endpoints").json()
        return [each for each in found["endpoints"] if each["disabled"]]

    (endpoint,) = eventually(disabled)
    second = service.emit("crm", 2)
    service.wait_status(first, "retrying")
    assert service.event(second)["status"] == "pending"
    # It stays disabled over a restart.
    service.stop()
    service.start()
    (endpoint,) = eventually(disabled)
    gone["on"] = False
    answer = service.request("POST", f"/api/v1/endpoints/{endpoint['key']}/enable")
    assert answer.status == 200, answer.body
    service.wait_status(first, "delivered")
    service.wait_status(second, "delivered")


def test_fault_27_a_poison_event_does_not_hold_up_its_neighbours(start):
    sink = Sink(lambda callback, count: 500 if callback.body == b'"poison"' else 200)
    service = start(crm={"base_url": sink.url, **fast_retries(2)})
    poison = service.emit("crm", "poison")
    ids = [service.emit("crm", n) for n in range(20)]
    for each in ids:
        service.wait_status(each, "delivered")
    assert service.wait_status(poison, "dead_letter")["attempt_count"] == 3


def test_a_redirect_is_a_failed_attempt_and_not_followed(start):
    sink = Sink(lambda callback, count: (302, {"Location": "http://169.254.169.254/"}, b""))
    service = start(crm={"base_url": sink.url, "max_retries": 0})
    event_id = service.emit("crm", 1)
    event = service.wait_status(event_id, "dead_letter")
    assert [each["error_class"] for each in event["attempts"]] == ["redirect"]


def test_fault_46_a_private_address_is_refused_unless_listed(start):
    sink = Sink()
    service = start(settings={"YIZHAN_OUTBOUND_ALLOW": ""}, crm={"base_url": sink.url, "max_retries": 0})
    event_id = service.emit("crm", 1)
    event = service.wait_status(event_id, "dead_letter")
    assert [each["error_class"] for each in event["attempts"]] == ["blocked_address"]
    assert sink.callbacks == []


def test_the_seed_variables_configure_a_platform(start):
    sink = Sink(lambda callback, count: 500, event_id_header="X-Yizhan-Event-Id")
    service = start(
        settings={
            "AI_CS_PLATFORM_SUB2API_ENABLED": "true",
            "AI_CS_PLATFORM_SUB2API_CALLBACK_BASE_URL": sink.url,
            "AI_CS_PLATFORM_SUB2API_CALLBACK_SECRET": "callback-secret",
            "AI_CS_PLATFORM_SUB2API_CALLBACK_TIMEOUT_MS": "1000",
            "AI_CS_PLATFORM_SUB2API_CALLBACK_MAX_RETRIES": "1",
            "AI_CS_PLATFORM_SUB2API_CALLBACK_RETRY_SCHEDULE_SEC": "0",
        }
    )
    event_id = service.emit("sub2api", {"event_id": "evt-1"})
    assert service.wait_status(event_id, "dead_letter")["attempt_count"] == 2
    assert all("x-cs-signature" in each.headers for each in sink.callbacks)


def test_what_is_emitted_while_no_service_runs_goes_out_when_one_starts(start):
    sink = Sink(event_id_header="X-Yizhan-Event-Id")
    service = start(crm={"base_url": sink.url, "event_id_header": "X-Yizhan-Event-Id"})
    service.stop()
    emit = ("--json", "emit", "crm", "order.paid", '{"n": 1}', "--idempotency-key", "order-1")
    first = json.loads(service.command(*emit).stdout)
    again = json.loads(service.command(*emit).stdout)
    assert first["duplicate"] is False and again["duplicate"] is True and again["id"] == first["id"]
    service.start()
    service.wait_status(first["id"], "delivered")
    assert len(sink.of_event(first["id"])) == 1
