"""`yizhan doctor` and the push services: what they refuse is told apart, and whose it is to mend."""

import pytest

from harness.cloud_function import CloudFunction
from harness.doctor import examine
from harness.getui import Getui
from harness.parcels import (
    EXPRESS_SECRET,
    PUSH_TOKEN,
    add_parcel,
    carrier_says,
    deliveries,
    notifications,
    register,
    seed_variables,
)
from harness.service import eventually

TIME = "2026-02-06T08:30:00Z"
# Tried again an hour later: what a test looks at stays as it is.
LATER = {"RETRY_INITIAL_MS": "3600000", "RETRY_MAX_MS": "3600000"}


def tell(service, *cids):
    """A parcel's news to these phones; the events of their deliveries, by cid, once each has been tried."""
    for cid in cids:
        register(service, cid, user_id="u-1")
    add_parcel(service, "YT1", "u-1")
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)

    def tried():
        for each in notifications(service):
            events = {cid: made["event_id"] for cid, made in deliveries(service, each["id"]).items()}
            if set(events) == set(cids) and all(service.event(event)["attempts"] for event in events.values()):
                return events
        return None

    return eventually(tried, what="each phone to be tried")


def check(finding, error_class, event_id, *mends):
    assert (finding["subject"], finding["weight"]) == ("push", "trouble")
    assert finding["evidence"].startswith(f"1 failed attempt ({error_class}) in the last 6 h. {event_id}, "), finding
    assert all(mend in finding["mend"] for mend in mends), finding


def test_each_answer_of_the_cloud_function_is_told_apart(start):
    """Of faults of a device (its app is gone) there is nothing to mend."""
    plan = {"refused": "parameter_invalid", "limited": "throttled", "failed": "failing", "gone": "cid_invalid"}
    cloud = CloudFunction(lambda cid, nth: plan[cid], token=PUSH_TOKEN)
    service = start(settings=seed_variables(cloud, **LATER))
    events = tell(service, *plan)
    found = examine(service, "platforms")
    assert sorted(found.codes) == ["platform_fails", "platform_throttles", "push_message_refused"], found.findings
    check(found.one("push_message_refused"), "push_refused", events["refused"],
          f"'yizhan attempts {events['refused']}' names the parameter", "yizhan notifications resend")
    check(found.one("platform_throttles"), "push_throttled", events["limited"], "push.rate_per_second")
    check(found.one("platform_fails"), "push_failed", events["failed"], f"yizhan attempts {events['failed']}")
    assert found.status == 3


def test_a_push_token_that_the_cloud_function_does_not_know(start):
    cloud = CloudFunction(token=PUSH_TOKEN)
    service = start(settings={**seed_variables(cloud, **LATER), "PUSH_TOKEN": "quite-another"})
    events = tell(service, "one")
    found = examine(service, "platforms")
    assert found.codes == ["push_credentials_refused"]
    check(found.one("push_credentials_refused"), "push_unauthorized", events["one"], "compare PUSH_TOKEN")
    assert "quite-another" not in found.text
    # It is history as soon as the phone has it.
    assert service.stop() == 0
    service.variables["PUSH_TOKEN"] = PUSH_TOKEN
    service.start()
    service.command("replay", events["one"], "--yes")
    cloud.wait_shown(1)
    service.wait_status(events["one"], "delivered")
    assert examine(service, "platforms").codes == []


@pytest.mark.parametrize("behaviour, secret, code, error_class, mend", [
    ("online", "another's", "push_credentials_refused", "push_unauthorized", "master secret"),
    ("parameter_invalid", None, "push_message_refused", "push_refused", "names the parameter"),
    ("quota", None, "platform_throttles", "push_throttled", "have the quota raised"),
])
def test_getui(start, behaviour, secret, code, error_class, mend):
    getui = Getui(behave=lambda cid, nth: behaviour)
    service = start(settings={
        "WEBHOOK_SECRET": EXPRESS_SECRET,
        "YIZHAN_PUSH_GETUI_BASE_URL": getui.base_url,
        "YIZHAN_PUSH_GETUI_APP_ID": getui.app_id,
        "YIZHAN_PUSH_GETUI_APP_KEY": getui.app_key,
        "YIZHAN_PUSH_GETUI_MASTER_SECRET": secret or getui.master_secret,
        **LATER,
    })
    events = tell(service, "one")
    found = examine(service, "platforms")
    assert found.codes == [code], found.findings
    check(found.one(code), error_class, events["one"], mend)
    assert bool(getui.bad_auths) == bool(secret)
