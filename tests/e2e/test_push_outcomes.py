"""What the push service answers, and what becomes of the notification on each device, on both stores."""

import pytest

from harness.cloud_function import CloudFunction
from harness.parcels import (
    PUSH_TOKEN,
    add_parcel,
    carrier_says,
    deliveries,
    device,
    notifications,
    register,
    seed_variables,
    wait_notifications,
)
from harness.service import eventually

TIME = "2026-02-06T08:30:00Z"


class Phones:
    """A service with a user's phones, and a cloud function that does with the nth call for each what `plan` says (the
    last one of a list is for all further calls)."""

    def __init__(self, start, plan, token=PUSH_TOKEN, **settings):
        self.plan = plan
        self.cloud = CloudFunction(self._behave, token=token)
        self.service = start(settings={**seed_variables(self.cloud), **settings})
        for cid in plan:
            register(self.service, cid, user_id="u-1")
        add_parcel(self.service, "YT1", "u-1")

    def _behave(self, cid, nth):
        behaviours = self.plan[cid]
        return behaviours[min(nth, len(behaviours)) - 1]

    def tell(self, status_code="IN_TRANSIT"):
        carrier_says(self.service, "YT1", status_code, TIME)

    def ended(self, send_status, timeout=60.0):
        return wait_notifications(self.service, send_status, timeout=timeout)[0]

    def outcomes(self, notification_id):
        return {cid: each["outcome"] for cid, each in deliveries(self.service, notification_id).items()}

    def attempts(self, notification_id, cid):
        """Error classes of a device's attempts, in order."""
        event = self.service.event(deliveries(self.service, notification_id)[cid]["event_id"])
        return event["status"], [each["error_class"] for each in event["attempts"]]


def time_out_for(behaviour):
    """What hangs is given up before long; yet what is answered is answered in time, however busy the machine is."""
    return {"YIZHAN_PUSH_TIMEOUT_MS": "3000"} if behaviour.endswith("hanging") else {}


@pytest.mark.parametrize(
    "behaviour, error_class",
    [
        ("throttled", "push_throttled"),
        ("throttled_429", "http_4xx"),
        ("token_wrong", "push_unauthorized"),
        ("token_wrong_401", "push_unauthorized"),
        ("failing", "push_failed"),
        ("not_json", "push_failed"),
        ("error_500", "http_5xx"),
        ("hanging", "timeout"),
    ],
)
def test_what_passes_is_tried_again_under_the_same_request_id(start, behaviour, error_class):
    phones = Phones(start, {"well": ["online"], "late": [behaviour, behaviour, "online"]}, **time_out_for(behaviour))
    phones.tell()
    notification = phones.ended("success")
    assert (notification["targets"], notification["delivered"], notification["failed"]) == (2, 2, 0)
    status, classes = phones.attempts(notification["id"], "late")
    assert (status, classes[:2], len(classes)) == ("delivered", [error_class] * 2, 3)
    assert len({call.request_id for call in phones.cloud.of_device("late")}) == 1
    # Only the rest was tried again.
    assert len(phones.cloud.of_device("well")) == 1
    assert {cid: len(shown) for cid, shown in phones.cloud.shown.items()} == {"well": 1, "late": 1}
    phones.cloud.check_clean()


@pytest.mark.parametrize("behaviour", ["shown_then_hanging", "shown_then_closed"])
def test_a_message_whose_answer_is_lost_is_not_shown_twice(start, behaviour):
    phones = Phones(start, {"one": [behaviour, behaviour, "online"]}, **time_out_for(behaviour))
    phones.tell()
    phones.ended("success")
    assert len(phones.cloud.of_device("one")) == 3
    assert len(phones.cloud.shown["one"]) == 1
    phones.cloud.check_clean()


def test_ignored_by_the_service_is_not_delivered(start):
    """successed_ignore: errCode 0, and a phone that has been off for 90 days."""
    phones = Phones(start, {"gone": ["ignored"]})
    phones.tell()
    notification = phones.ended("failed")
    assert (notification["targets"], notification["delivered"], notification["failed"]) == (1, 0, 1)
    assert "successed_ignore" in notification["last_error"]
    assert phones.outcomes(notification["id"]) == {"gone": "ignored"}
    assert phones.attempts(notification["id"], "gone") == ("dead_letter", ["push_ignored"])
    assert device(phones.service, "gone")["is_active"] is True
    assert len(phones.cloud.calls) == 1


def test_beside_a_phone_that_has_it_others_count_for_themselves(start):
    phones = Phones(start, {"well": ["offline"], "gone": ["ignored"], "sold": ["cid_invalid"]})
    phones.tell()
    notification = phones.ended("success")
    assert (notification["targets"], notification["delivered"], notification["failed"]) == (3, 1, 2)
    assert phones.outcomes(notification["id"]) == {"well": "delivered", "gone": "ignored", "sold": "failed"}
    total = phones.service.ledger_total()
    assert (total["accepted"], total["delivered"], total["dead_letter"], total["mismatch"]) == (3, 1, 2, 0)


def test_fault_43_an_invalid_cid_deactivates_its_device_with_the_reason(start):
    phones = Phones(start, {"sold": ["cid_invalid", "online"]})
    phones.tell()
    notification = phones.ended("failed")
    assert "target user is invalid" in notification["last_error"]
    assert phones.attempts(notification["id"], "sold") == ("dead_letter", ["push_target_invalid"])
    found = device(phones.service, "sold")
    assert found["is_active"] is False
    assert "target user is invalid" in found["inactive_reason"]
    # It is not written to again, and what is told meanwhile waits.
    phones.tell("DELIVERED")
    wait_notifications(phones.service, "failed", None)
    eventually(lambda: notifications(phones.service)[1]["waits_until"], what="the wait for a device")
    assert len(phones.cloud.calls) == 1
    # The app was installed again, and the phone's service knows it again.
    assert register(phones.service, "sold", user_id="u-1")["woken"] == 1
    wait_notifications(phones.service, "failed", "success")
    assert device(phones.service, "sold")["is_active"] is True


def test_a_message_that_is_refused_is_not_tried_again(start):
    phones = Phones(start, {"one": ["parameter_invalid"]})
    phones.tell()
    notification = phones.ended("failed")
    assert phones.attempts(notification["id"], "one") == ("dead_letter", ["push_refused"])
    assert device(phones.service, "one")["is_active"] is True
    assert len(phones.cloud.calls) == 1


def test_after_the_last_retry_it_has_failed_and_says_why(start):
    phones = Phones(start, {"one": ["failing"], "two": ["online"], "three": ["failing"]}, MAX_RETRIES="2")
    phones.tell()
    notification = phones.ended("success")
    assert (notification["delivered"], notification["failed"]) == (1, 2)
    assert phones.attempts(notification["id"], "one") == ("dead_letter", ["push_failed"] * 3)
    assert len(phones.cloud.of_device("one")) == 3
    # Replayed, as any dead letter: under the same request id.
    phones.plan.update(one=["online"], three=["online"])
    event_id = deliveries(phones.service, notification["id"])["one"]["event_id"]
    phones.service.command("replay", event_id, "--yes")
    eventually(lambda: phones.outcomes(notification["id"])["one"] == "delivered", what="the replayed delivery")
    assert notifications(phones.service)[0]["failed"] == 1
    assert len({call.request_id for call in phones.cloud.of_device("one")}) == 1
    phones.cloud.check_clean()


def test_while_a_device_is_tried_again_the_notification_is_retrying(start):
    phones = Phones(start, {"one": ["failing"], "two": ["online"]}, MAX_RETRIES="20", RETRY_INITIAL_MS="3600000",
                    RETRY_MAX_MS="3600000")
    phones.tell()
    # Either of the two outcomes may be known first.
    notification, = eventually(lambda: [each for each in notifications(phones.service)
                                        if (each["send_status"], each["delivered"]) == ("retrying", 1)], what="both outcomes")
    assert (notification["targets"], notification["delivered"], notification["failed"]) == (2, 1, 0)
    assert "失败" in notification["last_error"]
    assert phones.outcomes(notification["id"]) == {"one": "outstanding", "two": "delivered"}


def test_a_wrong_token_is_an_operators_matter_and_shows_up_everywhere(start):
    phones = Phones(start, {"one": ["online"]}, PUSH_TOKEN="not the token", MAX_RETRIES="1")
    phones.tell()
    notification = phones.ended("failed")
    assert phones.attempts(notification["id"], "one") == ("dead_letter", ["push_unauthorized"] * 2)
    assert not phones.cloud.shown["one"]
    for text in (phones.service.log(), str(notification), phones.service.command("notifications", "show", notification["id"]).stdout):
        assert "not the token" not in text
    assert "not the token" not in str(phones.service.event(deliveries(phones.service, notification["id"])["one"]["event_id"]))


def test_a_payload_and_long_texts_arrive_as_the_service_takes_them(start):
    phones = Phones(start, {"one": ["online"]})
    long_text = "包裹已到达🚚杭州转运中心" * 5
    answer = phones.service.request("POST", "/api/v1/notifications", {
        "aud": "user", "recipient_id": "u-1", "message_id": "hand-1", "title": long_text, "content": long_text,
        "payload": {"page": "order", "id": 7, "text": "\"<&>\\"}})
    assert answer.status == 202, (answer.status, answer.body)
    # Without content: the body, the title, or what is safe for a lock screen.
    for number, fields in enumerate(({"body": "the body", "title": "the title"}, {"title": "the title"},
                                     {"event_text_safe": "safe"}), 2):
        answer = phones.service.request("POST", "/api/v1/notifications",
                                        {"aud": "user", "recipient_id": "u-1", "message_id": f"hand-{number}", **fields})
        assert answer.status == 202, (answer.status, answer.body)
    phones.cloud.wait_shown(4)
    shown = sorted((each.title, each.content) for each in phones.cloud.shown["one"])
    assert shown[:3] == [("safe", "safe"), ("the title", "the body"), ("the title", "the title")]
    assert shown[3][0].endswith("…") and shown[3][1].endswith("…")
    payloads = [each.payload for each in phones.cloud.shown["one"]]
    assert {"page": "order", "id": 7, "text": "\"<&>\\"} in payloads
    phones.cloud.check_clean()
    # Nothing to show at all is refused before it is anybody's trouble.
    answer = phones.service.request("POST", "/api/v1/notifications", {"aud": "user", "recipient_id": "u-1"})
    assert answer.status in (400, 422), answer.body


def test_one_push_service_that_hangs_costs_callbacks_nothing(start):
    from harness.sink import Sink

    sink = Sink()
    cloud = CloudFunction(lambda cid, nth: "hanging", token=PUSH_TOKEN)
    service = start(settings={**seed_variables(cloud), "YIZHAN_PUSH_TIMEOUT_MS": "300000"}, crm={"base_url": sink.url})
    add_parcel(service, "YT1", "u-1")
    for number in range(70):
        register(service, f"cid-{number}", user_id="u-1")
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    cloud.wait(lambda each: len(each.calls) >= 64)
    service.emit("crm", {"n": 1})
    sink.wait_count(1)
    assert len(cloud.calls) == 64  # the cap; the rest waits
