"""Straight through Getui REST v2, on both stores: token, batches, outcomes, rates."""

import pytest

from harness.getui import IN_BATCHES, Getui
from harness.parcels import (
    EXPRESS_SECRET,
    add_parcel,
    carrier_says,
    deliveries,
    device,
    register,
    wait_notifications,
)
from harness.service import eventually

TIME = "2026-02-06T08:30:00Z"


@pytest.fixture
def begin(start):
    """A service that pushes through Getui, with a parcel of u-1 and these phones of his."""

    def begin_with(behave=None, cids=("cid-1",), in_batches="named", **variables):
        getui = Getui(behave=behave, in_batches=in_batches)
        service = start(settings={
            "WEBHOOK_SECRET": EXPRESS_SECRET,
            "RETRY_INITIAL_MS": "0",
            "RETRY_MAX_MS": "0",
            "YIZHAN_PUSH_GETUI_BASE_URL": getui.base_url,
            "YIZHAN_PUSH_GETUI_APP_ID": getui.app_id,
            "YIZHAN_PUSH_GETUI_APP_KEY": getui.app_key,
            "YIZHAN_PUSH_GETUI_MASTER_SECRET": getui.master_secret,
            **variables,
        })
        for cid in cids:
            register(service, cid, user_id="u-1")
        add_parcel(service, "YT1", "u-1")
        return service, getui

    return begin_with


def check_clean(getui, service):
    assert not getui.complaints, getui.complaints
    assert not getui.bad_auths
    for secret in (getui.master_secret, "token-1"):
        assert secret not in service.log()
    devices = {message.request_id: message.cid for message in getui.messages}
    assert len(devices) == len({message.cid for message in getui.messages})


def attempts(service, notification, cid):
    event = service.event(deliveries(service, notification["id"])[cid]["event_id"])
    return event["status"], [each["error_class"] for each in event["attempts"]]


def test_a_callback_reaches_the_phones(begin):
    service, getui = begin(cids=("cid-1", "cid-2"))
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    getui.wait_shown(2)
    notification, = wait_notifications(service, "success")
    assert (notification["targets"], notification["delivered"]) == (2, 2)
    assert len(getui.auths) == 1
    for message in getui.messages:
        assert 0 < message.settings["ttl"] <= 3 * 24 * 3600 * 1000
    check_clean(getui, service)


@pytest.mark.parametrize("in_batches", IN_BATCHES)
def test_each_phone_of_a_batch_has_its_own_outcome(begin, in_batches):
    count = 450
    plan = {"cid-7": "ignored", "cid-8": "cid_invalid", "cid-9": "offline"}
    service, getui = begin(lambda cid, nth: plan.get(cid, "online"), cids=[f"cid-{n}" for n in range(count)],
                           in_batches=in_batches, YIZHAN_PUSH_IN_FLIGHT_CAP="500")
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    notification, = wait_notifications(service, "success")
    assert (notification["targets"], notification["delivered"], notification["failed"]) == (count, count - 2, 2)
    assert attempts(service, notification, "cid-7") == ("dead_letter", ["push_ignored"])
    assert attempts(service, notification, "cid-8") == ("dead_letter", ["push_target_invalid"])
    assert attempts(service, notification, "cid-9") == ("delivered", [None])
    assert device(service, "cid-8")["is_active"] is False
    assert getui.shown_count() == count - 2
    assert max(getui.calls) <= 200
    assert len(getui.calls) < count / 4, "batches are for that"
    assert len(getui.auths) == 1
    check_clean(getui, service)


@pytest.mark.parametrize("batch", ["1", "200"])
@pytest.mark.parametrize(
    "behaviour, error_class",
    [("throttled", "push_throttled"), ("error_500", "http_5xx"), ("hanging", "timeout")],
)
def test_what_passes_is_tried_again_under_the_same_request_id(begin, batch, behaviour, error_class):
    # What hangs is given up before long; yet what is answered is answered in time, however busy the machine is.
    timeout = {"YIZHAN_PUSH_TIMEOUT_MS": "3000"} if behaviour == "hanging" else {}
    service, getui = begin(lambda cid, nth: behaviour if nth == 1 else "online", YIZHAN_PUSH_GETUI_BATCH=batch, **timeout)
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    notification, = wait_notifications(service, "success")
    assert attempts(service, notification, "cid-1") == ("delivered", [error_class, None])
    assert [message.request_id for message in getui.messages] == [getui.messages[0].request_id] * 2
    check_clean(getui, service)


def test_a_token_that_ends_early_is_renewed_once_and_nobody_notices(begin):
    service, getui = begin(cids=[f"cid-{n}" for n in range(50)])
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    getui.wait_shown(50)
    getui.forget_tokens()
    carrier_says(service, "YT1", "DELIVERED", "2026-02-07T08:30:00Z")
    getui.wait_shown(100)
    first, second = wait_notifications(service, "success", "success")
    assert len(getui.auths) == 2
    assert attempts(service, second, "cid-0") == ("delivered", [None])


def test_a_wrong_master_secret_does_not_hammer_and_is_said(begin):
    service, getui = begin(YIZHAN_PUSH_GETUI_MASTER_SECRET="another secret", MAX_RETRIES="3")
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    notification, = wait_notifications(service, "failed")
    status, classes = attempts(service, notification, "cid-1")
    assert (status, set(classes), len(classes)) == ("dead_letter", {"push_unauthorized"}, 4)
    assert 1 <= len(getui.bad_auths) <= 4
    assert "another secret" not in service.log()
    assert not getui.messages


def test_the_quota_of_the_day_puts_off_and_buries_nothing(begin):
    service, getui = begin(lambda cid, nth: "quota" if nth == 1 else "online")
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    notification, = wait_notifications(service, "retrying")
    event_id = deliveries(service, notification["id"])["cid-1"]["event_id"]
    event = eventually(lambda: (lambda found: found if found["status"] == "retrying" else None)(service.event(event_id)))
    assert [each["error_class"] for each in event["attempts"]] == ["push_throttled"]
    # The operator has bought more, and starts the service again: sent at once, under its request id.
    assert service.stop() == 0
    service.start()
    service.sql(f"UPDATE cs_platform_event_outbox SET next_attempt_at = NOW() WHERE id = '{event_id}'")
    getui.wait_shown(1, timeout=60)
    wait_notifications(service, "success")
    assert len({message.request_id for message in getui.messages}) == 1
