"""From a carrier's callback to the phone, on both stores: told once, to everybody whose parcel it is."""

import json

from harness.cloud_function import CloudFunction
from harness.parcels import (
    PUSH_TOKEN,
    add_parcel,
    carrier_says,
    deliveries,
    notifications,
    parcel,
    register,
    seed_variables,
    wait_notifications,
    wait_queue,
)
from harness.senders import kdniao, kuaidi100
from harness.service import eventually

SALT = "salt-1"
API_KEY = "kdniao-key-1"
CARRIERS = f"""
[sources.kuaidi100]
secret = "{SALT}"
[sources.kdniao]
secret = "{API_KEY}"
"""


def told(service, tracking_no, audience="user"):
    """The states that somebody was told, in order."""
    return [each["status_code"] for each in notifications(service, tracking_no=tracking_no, aud=audience)]


def test_a_callback_reaches_every_phone_of_both_audiences_once(start):
    cloud = CloudFunction(token=PUSH_TOKEN)
    service = start(settings=seed_variables(cloud))
    register(service, "cid-u1", user_id="u-1", platform="android")
    register(service, "cid-u2", user_id="u-1", platform="ios", appid="second-app")
    register(service, "cid-m1", merchant_id="m-1")
    register(service, "cid-other", user_id="u-2", merchant_id="m-2")
    add_parcel(service, "YT1", "u-1", "m-1")
    answer = carrier_says(service, "YT1", "IN_TRANSIT", "2026-02-06T08:30:00Z", event_text="已到达杭州", location="杭州")
    assert (answer["ok"], answer["tracking_no"], answer["status_code"], answer["duplicate"]) == (
        True, "YT1", "IN_TRANSIT", False)
    cloud.wait_shown(3)
    merchant, user = sorted(wait_notifications(service, "success", "success", tracking_no="YT1"), key=lambda each: each["aud"])
    assert (merchant["aud"], merchant["recipient_id"], merchant["targets"], merchant["delivered"]) == ("merchant", "m-1", 1, 1)
    assert (user["aud"], user["recipient_id"], user["targets"], user["delivered"]) == ("user", "u-1", 2, 2)
    assert (user["status_code"], user["order_id"], user["last_error"]) == ("IN_TRANSIT", "order-YT1", None)
    assert user["event_text_safe"] and "YT1" not in user["event_text_safe"]
    assert wait_queue(service, "queued") == [("queued", None)]

    # Repeated by the carrier as often as it likes, from wherever: nothing changes.
    for _ in range(5):
        repeated = carrier_says(service, "YT1", "IN_TRANSIT", "2026-02-06T08:30:00Z", event_text="已到达杭州", location="杭州")
        assert (repeated["ok"], repeated["duplicate"]) == (True, True)
    carrier_says(service, "YT1", "DELIVERED", "2026-02-07T08:30:00Z")
    cloud.wait_shown(6)
    wait_notifications(service, "success", "success", "success", "success", tracking_no="YT1")
    assert {cid: len(shown) for cid, shown in cloud.shown.items()} == {"cid-u1": 2, "cid-u2": 2, "cid-m1": 2}
    assert len(cloud.calls) == 6
    cloud.check_clean()
    whole = parcel(service, "YT1")
    assert (whole["status_code"], [event["status_code"] for event in whole["events"]]) == ("DELIVERED", ["IN_TRANSIT", "DELIVERED"])

    # Each device is an attempt of its own, on record under the request id that the phone's service saw.
    each = deliveries(service, user["id"])
    assert {cid: delivery["outcome"] for cid, delivery in each.items()} == {"cid-u1": "delivered", "cid-u2": "delivered"}
    for cid, delivery in each.items():
        assert delivery["request_id"] in {call.request_id for call in cloud.of_device(cid)}
        event = service.event(delivery["event_id"])
        assert (event["platform"], event["status"], len(event["attempts"])) == ("push", "delivered", 1)
        assert PUSH_TOKEN not in str(event)
    total = service.ledger_total()
    assert (total["accepted"], total["delivered"], total["mismatch"]) == (6, 6, 0)
    raw = service.rows("SELECT verdict, effect FROM platform_express_event_raw ORDER BY id")
    assert raw == [("accepted", "applied")] + [("duplicate", "none")] * 5 + [("accepted", "applied")]
    kept = service.rows("SELECT raw_text FROM platform_express_event_raw WHERE tracking_no = 'YT1' ORDER BY id")
    assert [json.loads(text)["status_code"] for (text,) in kept] == ["IN_TRANSIT"] * 6 + ["DELIVERED"]


def test_late_and_repeated_states_are_kept_and_told_to_nobody(start):
    cloud = CloudFunction(token=PUSH_TOKEN)
    service = start(settings=seed_variables(cloud))
    register(service, "cid-1", user_id="u-1")
    add_parcel(service, "YT1", "u-1")
    for status_code, event_time in (
        ("PICKED_UP", "2026-02-06T08:00:00Z"),
        ("OUT_FOR_DELIVERY", "2026-02-06T12:00:00Z"),
        ("IN_TRANSIT", "2026-02-06T10:00:00Z"),  # late
        ("OUT_FOR_DELIVERY", "2026-02-06T13:00:00Z"),  # the same state again
        ("2026-02-06T21:30:00", "2026-02-06 21:30:00"),  # a state that nobody knows; local time is UTC+8: 13:30
        ("DELIVERED", "2026-02-06T14:00:00Z"),
        ("PICKED_UP", "2026-02-06T07:00:00Z"),  # late
    ):
        carrier_says(service, "YT1", status_code, event_time)
    cloud.wait_shown(4)
    wait_notifications(service, *["success"] * 4, tracking_no="YT1")
    assert told(service, "YT1") == ["PICKED_UP", "OUT_FOR_DELIVERY", "2026-02-06T21:30:00", "DELIVERED"]
    whole = parcel(service, "YT1")
    assert (whole["status_code"], whole["status_time"][:16]) == ("DELIVERED", "2026-02-06T14:00")
    assert sorted((event["event_time"][11:16], event["status_code"], event["late"]) for event in whole["events"]) == [
        ("07:00", "PICKED_UP", True), ("08:00", "PICKED_UP", False), ("10:00", "IN_TRANSIT", True),
        ("12:00", "OUT_FOR_DELIVERY", False), ("13:00", "OUT_FOR_DELIVERY", False),
        ("13:30", "2026-02-06T21:30:00", False), ("14:00", "DELIVERED", False)]
    assert len(cloud.calls) == 4
    cloud.check_clean()


def test_an_unknown_waybill_is_refused_as_the_seed_does_and_taken_once_it_is_known(start):
    cloud = CloudFunction(token=PUSH_TOKEN)
    service = start(settings=seed_variables(cloud))
    register(service, "cid-1", user_id="u-1")
    for _ in range(2):
        answer = carrier_says(service, "YT404", "DELIVERED", "2026-02-06T08:00:00Z", expect=404)
        assert answer == {"ok": False, "message": "waybill not found"}
    rejected = service.callbacks(key="YT404", order="oldest")
    assert [(each["verdict"], each["reason"]) for each in rejected] == [("rejected", "waybill_unknown")] * 2
    add_parcel(service, "YT404", "u-1")
    assert carrier_says(service, "YT404", "DELIVERED", "2026-02-06T08:00:00Z")["duplicate"] is False
    cloud.wait_shown(1)
    assert told(service, "YT404") == ["DELIVERED"]


def test_of_kuaidi100s_whole_list_only_what_is_new_counts(start):
    cloud = CloudFunction(token=PUSH_TOKEN)
    service = start(settings=seed_variables(cloud), config=CARRIERS)
    register(service, "cid-1", user_id="u-1")
    add_parcel(service, "YT1", "u-1")
    steps = [
        ("2026-02-06 12:00:00", "5", "派送中"),
        ("2026-02-06 10:00:00", "0", "已到达杭州"),
        ("2026-02-06 08:00:00", "1", "已揽收"),
    ]
    accepted = {"result": True, "returnCode": "200", "message": "成功"}
    assert service.callback(kuaidi100("kuaidi100", SALT, "YT1", "0", steps[1:])).json() == accepted
    cloud.wait_shown(1)
    for _ in range(2):
        assert service.callback(kuaidi100("kuaidi100", SALT, "YT1", "5", steps)).json() == accepted
    cloud.wait_shown(2)
    # A list in which nothing is new, but for its status.
    assert service.callback(kuaidi100("kuaidi100", SALT, "YT1", "5", steps, status="shutdown")).json() == accepted
    signed = [("2026-02-06 15:00:00", "3", "已签收"), *steps]
    assert service.callback(kuaidi100("kuaidi100", SALT, "YT1", "3", signed, status="shutdown")).json() == accepted
    cloud.wait_shown(3)
    assert told(service, "YT1") == ["IN_TRANSIT", "OUT_FOR_DELIVERY", "DELIVERED"]
    whole = parcel(service, "YT1")
    assert sorted(event["status_code"] for event in whole["events"]) == [
        "DELIVERED", "IN_TRANSIT", "OUT_FOR_DELIVERY", "PICKED_UP"]
    assert len(cloud.calls) == 3
    unknown = service.callback(kuaidi100("kuaidi100", SALT, "YT404", "3", signed)).json()
    assert (unknown["result"], unknown["returnCode"], unknown["message"]) == (False, "500", "waybill_unknown")


def test_kdniao_tells_of_several_parcels_at_once(start):
    cloud = CloudFunction(token=PUSH_TOKEN)
    service = start(settings=seed_variables(cloud), config=CARRIERS)
    register(service, "cid-1", user_id="u-1")
    register(service, "cid-2", user_id="u-2")
    add_parcel(service, "K1", "u-1")
    add_parcel(service, "K2", "u-2")
    parcels = {
        "K1": ("2", "202", [("2026-02-06 08:00:00", "1", "已揽收"), ("2026-02-06 12:00:00", "202", "派送中")]),
        "K2": ("3", "311", [("2026-02-06 09:00:00", "311", "快递柜签收")]),
        "K404": ("3", "301", [("2026-02-06 09:00:00", "301", "签收")]),  # others' parcels hold up nobody
    }
    for _ in range(2):
        answer = service.callback(kdniao("kdniao", API_KEY, parcels)).json()
        assert (answer["Success"], answer["EBusinessID"]) == (True, "1237100")
    cloud.wait_shown(2)
    wait_notifications(service, "success", "success")
    assert told(service, "K1") == ["OUT_FOR_DELIVERY"]
    assert told(service, "K2") == ["DELIVERED"]
    assert [event["status_code"] for event in parcel(service, "K1")["events"]] == ["PICKED_UP", "OUT_FOR_DELIVERY"]
    assert len(cloud.calls) == 2
    cloud.check_clean()


def test_nobody_is_told_in_silence(start):
    """Every row of notify_queue ends with a reason."""
    cloud = CloudFunction(token=PUSH_TOKEN)
    silence = '[[notify_templates]]\nstatus = "CREATED"\nsilent = true\n'
    service = start(settings=seed_variables(cloud), config=silence)
    register(service, "cid-1", user_id="u-1")
    add_parcel(service, "NO-ORDER")
    add_parcel(service, "NO-SUCH-ORDER", order_id="elsewhere")
    add_parcel(service, "SILENT", "u-1")
    expected = []
    for tracking_no, status_code, code in (
        ("NO-ORDER", "IN_TRANSIT", "order_missing"),
        ("NO-SUCH-ORDER", "IN_TRANSIT", "order_not_found"),
        ("SILENT", "CREATED", "state_silent"),
    ):
        carrier_says(service, tracking_no, status_code, "2026-02-06T08:00:00Z")
        expected.append(code)
        rows = wait_queue(service, *["skipped"] * len(expected))
        assert [error.partition(":")[0] for _, error in rows] == expected
    assert notifications(service) == []
    assert not cloud.calls


def test_news_waits_for_no_poll(start):
    """Each step is woken by the one before it: no poll comes within the test's time."""
    cloud = CloudFunction(token=PUSH_TOKEN)
    never = "3600000"
    service = start(settings={**seed_variables(cloud, CONSUMER_POLL_MS=never), "YIZHAN_NOTIFY_POLL_INTERVAL_MS": never})
    register(service, "cid-1", user_id="u-1")
    add_parcel(service, "YT1", "u-1", "m-1")
    carrier_says(service, "YT1", "PICKED_UP", "2026-02-06T08:00:00Z")
    cloud.wait_shown(1)
    carrier_says(service, "YT1", "DELIVERED", "2026-02-06T09:00:00Z")
    cloud.wait_shown(2)
    # A registration wakes what waited for it.
    eventually(lambda: all(each["waits_until"] for each in notifications(service, aud="merchant")))
    register(service, "cid-2", merchant_id="m-1")
    cloud.wait_shown(3)
