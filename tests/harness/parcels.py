"""Parcels, phones and carriers' callbacks: what tests of notifications begin with."""

import urllib.parse

from harness.senders import express_status
from harness.service import eventually, request

EXPRESS_SECRET = "express-secret"
PUSH_TOKEN = "push-token-1"


def seed_variables(cloud, **more):
    """What the seed's three services read, and nothing of ours: every wait as short as it goes."""
    variables = {
        "WEBHOOK_SECRET": EXPRESS_SECRET,
        "WEBHOOK_REJECT_INVALID_SIGNATURE": "true",
        "CLOUD_FUNC_URL": cloud.url + "/push",
        "PUSH_TOKEN": PUSH_TOKEN,
        "ENABLE_CONSUMER": "true",
        "CONSUMER_POLL_MS": "200",
        "MAX_RETRIES": "5",
        "RETRY_INITIAL_MS": "0",
        "RETRY_FACTOR": "1",
        "RETRY_MAX_MS": "0",
    }
    return {**variables, **{name: str(value) for name, value in more.items()}}


def carrier_says(service, tracking_no, status_code, event_time, expect=200, **fields):
    """A signed callback to the seed's receiver; its answer."""
    answer = service.callback(express_status(EXPRESS_SECRET, tracking_no, status_code, event_time, **fields))
    assert answer.status == expect, (answer.status, answer.body)
    return answer.json()


def add_parcel(service, tracking_no, user_id=None, merchant_id=None, order_id=None):
    """The waybill, its order, and whose that is; an order_id alone names an order that lives elsewhere."""
    if user_id or merchant_id:
        order_id = order_id or "order-" + tracking_no
    fields = {"order_id": order_id, "user_id": user_id, "merchant_id": merchant_id}
    answer = service.request("PUT", f"/api/v1/waybills/{tracking_no}", {name: value for name, value in fields.items() if value})
    assert answer.status in (200, 201), (answer.status, answer.body)


def parcel(service, tracking_no):
    answer = service.request("GET", f"/api/v1/waybills/{tracking_no}")
    assert answer.status == 200, (answer.status, answer.body)
    return answer.json()


def on_push_server(service, method, path, body=None, headers=None):
    return request(method, service.push + path, body, headers)


def register(service, cid, **fields):
    """As an app does when it starts; the answer."""
    answer = on_push_server(service, "POST", "/api/v1/push/register", {"cid": cid, **fields})
    assert answer.status == 200 and answer.json()["ok"] is True, (answer.status, answer.body)
    return answer.json()


def device(service, cid):
    answer = on_push_server(service, "GET", "/api/v1/push/devices?" + urllib.parse.urlencode({"cid": cid}))
    assert answer.status == 200, (answer.status, answer.body)
    return answer.json()["devices"][0]


def notifications(service, **selection):
    """Oldest first."""
    query = urllib.parse.urlencode({**selection, "order": "oldest"})
    answer = service.request("GET", "/api/v1/notifications?" + query)
    assert answer.status == 200, (answer.status, answer.body)
    return answer.json()["notifications"]


def notification(service, notification_id):
    """With its deliveries."""
    answer = service.request("GET", f"/api/v1/notifications/{notification_id}")
    assert answer.status == 200, (answer.status, answer.body)
    return answer.json()


def deliveries(service, notification_id):
    """By cid."""
    return {each["cid"]: each for each in notification(service, notification_id)["deliveries"]}


def wait_notifications(service, *send_statuses, timeout=60.0, **selection):
    """Until those selected have these send_statuses (None: NULL), oldest first; gives them."""
    found = []

    def reached():
        found[:] = notifications(service, **selection)
        return [each["send_status"] for each in found] == list(send_statuses)

    try:
        eventually(reached, timeout, f"send_status {send_statuses}")
    except AssertionError as error:
        raise AssertionError(f"{error}; they are {found}") from None
    return found


def wait_queue(service, *process_statuses, timeout=60.0):
    """Until the rows of notify_queue have these process_statuses, in order of creation; gives (status, last_error)."""
    found = []

    def reached():
        found[:] = service.rows("SELECT process_status, last_error FROM notify_queue ORDER BY created_at, id")
        return [status for status, _ in found] == list(process_statuses)

    try:
        eventually(reached, timeout, f"process_status {process_statuses}")
    except AssertionError as error:
        raise AssertionError(f"{error}; the rows are {found}") from None
    return found
