"""Notifications and the devices they wait for, and the push server that devices register at."""

import pytest

from harness.cloud_function import CloudFunction
from harness.json_web_token import make_token
from harness.parcels import (
    PUSH_TOKEN,
    add_parcel,
    carrier_says,
    device,
    notifications,
    on_push_server,
    register,
    seed_variables,
    wait_notifications,
)
from harness.postgres_server import PostgresServer
from harness.service import eventually

JWT_SECRET = "super-secret-jwt-token-with-at-least-32-characters"


@pytest.fixture
def cloud():
    return CloudFunction(token=PUSH_TOKEN)


def test_without_a_device_it_waits_and_is_sent_when_one_registers(start, cloud):
    service = start(settings=seed_variables(cloud))
    add_parcel(service, "YT1", "u-1", "m-1")
    add_parcel(service, "YT2", "u-1")
    carrier_says(service, "YT1", "PICKED_UP", "2026-02-06T08:00:00Z")
    carrier_says(service, "YT1", "IN_TRANSIT", "2026-02-06T09:00:00Z")
    carrier_says(service, "YT2", "PICKED_UP", "2026-02-06T08:00:00Z")
    carrier_says(service, "YT1", "DELIVERED", "2026-02-06T10:00:00Z")
    waiting = wait_notifications(service, *[None] * 7)
    eventually(lambda: all(each["waits_until"] for each in notifications(service)), what="the dates that they wait until")
    for each in notifications(service):
        assert "no active devices" in each["last_error"] and each["recipient_id"] in each["last_error"], each
    # A phone of somebody else's changes nothing; the user's own gets the newest of each parcel.
    assert register(service, "cid-x", user_id="u-2")["woken"] == 0
    assert register(service, "cid-1", user_id="u-1")["woken"] == 2
    cloud.wait_shown(2)

    def of_user():
        return {(each["tracking_no"], each["status_code"]): each for each in notifications(service, aud="user")}

    expected = {
        ("YT1", "PICKED_UP"): "no-targets", ("YT1", "IN_TRANSIT"): "no-targets", ("YT1", "DELIVERED"): "success",
        ("YT2", "PICKED_UP"): "success"}
    eventually(lambda: {key: each["send_status"] for key, each in of_user().items()} == expected,
               what="the newest of each parcel to be told")
    ended = of_user()
    newest = ended["YT1", "DELIVERED"]["message_id"]
    assert "overtaken" in ended["YT1", "PICKED_UP"]["last_error"]
    assert newest in ended["YT1", "IN_TRANSIT"]["last_error"]
    # The merchant's go on waiting. A merchant registers with its merchant_id, as the seed's runbook says.
    assert {each["send_status"] for each in notifications(service, aud="merchant")} == {None}
    assert register(service, "cid-1", merchant_id="m-1")["woken"] == 1
    cloud.wait_shown(3)
    assert len(waiting) == 7 and len(cloud.calls) == 3
    cloud.check_clean()


def test_after_the_wait_it_is_no_targets_and_says_for_whom(start, cloud):
    service = start(settings={**seed_variables(cloud), "YIZHAN_PUSH_WAIT_FOR_DEVICE_SECONDS": "1"})
    add_parcel(service, "YT1", "u-1", "m-7")
    carrier_says(service, "YT1", "IN_TRANSIT", "2026-02-06T08:00:00Z")
    merchant, user = sorted(wait_notifications(service, "no-targets", "no-targets"), key=lambda each: each["aud"])
    assert "no active devices" in merchant["last_error"] and "m-7" in merchant["last_error"]
    assert "no active devices" in user["last_error"] and "u-1" in user["last_error"]
    # Who registers later is told what comes later.
    assert register(service, "cid-1", user_id="u-1")["woken"] == 0
    carrier_says(service, "YT1", "DELIVERED", "2026-02-06T09:00:00Z")
    cloud.wait_shown(1)
    assert [each.cid for each in cloud.calls] == ["cid-1"]


def test_an_unregistered_phone_is_left_alone(start, cloud):
    service = start(settings=seed_variables(cloud))
    add_parcel(service, "YT1", "u-1")
    register(service, "cid-1", user_id="u-1")
    register(service, "cid-2", user_id="u-1")
    answer = on_push_server(service, "POST", "/api/v1/push/unregister", {"cid": "cid-1"})
    assert answer.status == 200 and answer.json()["ok"] is True
    carrier_says(service, "YT1", "IN_TRANSIT", "2026-02-06T08:00:00Z")
    cloud.wait_shown(1)
    wait_notifications(service, "success")
    assert [each.cid for each in cloud.calls] == ["cid-2"]
    found = device(service, "cid-1")
    assert (found["is_active"], bool(found["inactive_reason"])) == (False, True)
    # As the seed's clients ask.
    active = on_push_server(service, "GET", "/api/v1/push/devices?user_id=u-1&active=true").json()
    assert active["ok"] is True and [each["cid"] for each in active["devices"]] == ["cid-2"]


def test_a_phone_that_changes_hands_is_one_device(start, cloud):
    service = start(settings=seed_variables(cloud))
    first = register(service, "cid-1", user_id="u-1", platform="android")
    second = register(service, "cid-1", user_id="u-2")
    assert (first["existed"], second["existed"], first["id"]) == (False, True, second["id"])
    assert (second["user_id"], second["platform"], second["appid"]) == ("u-2", "android", "default")
    other_app = register(service, "cid-1", user_id="u-2", appid="other")
    assert other_app["id"] != first["id"]
    add_parcel(service, "YT1", "u-1")
    carrier_says(service, "YT1", "IN_TRANSIT", "2026-02-06T08:00:00Z")
    wait_notifications(service, None)
    assert not cloud.calls


def test_sent_by_hand_through_the_push_server(start, cloud):
    service = start(settings=seed_variables(cloud))
    register(service, "cid-1", user_id="u-1")
    register(service, "cid-2", user_id="u-1")
    sent = on_push_server(service, "POST", "/api/v1/push/send", {
        "user_id": "u-1", "title": "hello", "content": "to all of yours", "request_id": "by-hand-1"})
    assert sent.status == 202 and sent.json()["ok"] is True, sent.body
    cloud.wait_shown(2)
    again = on_push_server(service, "POST", "/api/v1/push/send", {
        "user_id": "u-1", "title": "hello", "content": "to all of yours", "request_id": "by-hand-1"})
    assert again.status == 200 and again.json()["notifications"][0]["duplicate"] is True
    # By cid: also one that never registered.
    sent = on_push_server(service, "POST", "/api/v1/push/send", {
        "cids": ["cid-2", "cid-unregistered"], "title": "hello", "content": "to these", "payload": {"page": 1}})
    assert sent.status == 202 and len(sent.json()["notifications"]) == 2, sent.body
    cloud.wait_shown(4)
    one = on_push_server(service, "POST", "/api/v1/notifications", {
        "aud": "user", "recipient_id": "u-1", "message_id": "n-1", "title": "t", "body": "b"})
    assert one.status == 202 and one.json()["ok"] is True, one.body
    cloud.wait_shown(6)
    assert {cid: len(shown) for cid, shown in cloud.shown.items()} == {"cid-1": 2, "cid-2": 3, "cid-unregistered": 1}
    wait_notifications(service, *["success"] * 4)
    assert len(cloud.calls) == 6
    listed = on_push_server(service, "GET", "/api/v1/notifications?send_status=success").json()
    assert listed["ok"] is True and len(listed["notifications"]) == 4
    shown = on_push_server(service, "GET", f"/api/v1/notifications/{one.json()['id']}").json()
    assert {each["cid"] for each in shown["deliveries"]} == {"cid-1", "cid-2"}
    cloud.check_clean()


@pytest.mark.parametrize("body, about", [
    ({}, "cid"), ({"cid": ""}, "cid"), ({"cid": "c" * 129}, "cid"), ({"cid": 7}, "cid"), ({"cid": "c", "user_id": 7}, "user_id"),
    ({"cid": "c", "appid": "a" * 65}, "appid"), (b"{", "json_invalid"), (b"[]", "json_invalid")])
def test_a_registration_that_says_nothing_is_refused(start, cloud, body, about):
    service = start(settings=seed_variables(cloud))
    answer = on_push_server(service, "POST", "/api/v1/push/register", body)
    assert answer.status == 400, answer.body
    told = answer.json()
    assert told["ok"] is False and about in (told["code"], *told["message"].replace("'", " ").split()), told
    assert on_push_server(service, "GET", "/api/v1/push/devices").json()["devices"] == []


def test_with_credentials_phones_register_and_backends_send(make_service, cloud):
    service = make_service(settings={**seed_variables(cloud), "JWT_SECRET": JWT_SECRET})
    anon = make_token(JWT_SECRET, "anon")
    backend = make_token(JWT_SECRET, "service_role")
    service.command("migrate")
    key = service.command("keys", "create", "shop", "--scopes", "push:write").stdout.strip()
    service.start()

    def call(method, path, body=None, **headers):
        return on_push_server(service, method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def codes(method, path, body=None):
        """Answer by who asks."""
        askers = {
            "nobody": {},
            "anon": {"apikey": anon},
            "anon bearer": {"Authorization": "Bearer " + anon},
            "backend": {"apikey": backend},
            "backend beside anon": {"apikey": anon, "Authorization": "Bearer " + backend},
            "key": {"Authorization": "Bearer " + key},
            "expired": {"apikey": make_token(JWT_SECRET, "service_role", life_seconds=-3600)},
            "another's": {"apikey": make_token("another secret of more than 32 characters", "service_role")},
            "unsigned": {"apikey": make_token(JWT_SECRET, "service_role", header={"alg": "none"}).rpartition(".")[0] + "."},
            "nonsense": {"apikey": "a.b.c"},
            "user": {"apikey": make_token(JWT_SECRET, "authenticated")},
        }
        return {asker: call(method, path, body, **headers).status for asker, headers in askers.items()}

    strangers = {"expired": 401, "another's": 401, "unsigned": 401, "nonsense": 401}
    assert codes("POST", "/api/v1/push/register", {"cid": "cid-1", "user_id": "u-1"}) == {
        "nobody": 401, "anon": 200, "anon bearer": 200, "backend": 200, "backend beside anon": 200, "key": 403, "user": 403,
        **strangers}
    assert codes("GET", "/api/v1/push/devices?user_id=u-1") == {
        "nobody": 401, "anon": 403, "anon bearer": 403, "backend": 200, "backend beside anon": 200, "key": 403, "user": 403,
        **strangers}
    sent = codes("POST", "/api/v1/push/send", {"user_id": "u-1", "content": "x", "request_id": "once"})
    assert sent == {"nobody": 401, "anon": 403, "anon bearer": 403, "backend": 202, "backend beside anon": 200, "key": 200,
                    "user": 403, **strangers}
    assert codes("GET", "/health") == dict.fromkeys(sent, 200)
    said = {name: call("GET", "/api/v1/push/devices", **headers).json() for name, headers in {
        "expired": {"apikey": make_token(JWT_SECRET, "service_role", life_seconds=-3600)},
        "another's": {"apikey": make_token("another secret of more than 32 characters", "service_role")},
        "anon": {"apikey": anon}}.items()}
    assert len({each["code"] for each in said.values()}) == 3 and not any(each["ok"] for each in said.values()), said
    for token in (anon, backend, JWT_SECRET, key):
        assert token not in service.log()


def test_beyond_loopback_it_does_not_listen_without_credentials(make_service, cloud):
    service = make_service(settings={**seed_variables(cloud), "YIZHAN_PUSH_LISTEN": "0.0.0.0:0"})
    service.spawn()
    assert service.wait_dead() != 0
    assert "credentials_required" in service.log() or "jwt_secret" in service.log(), service.log()


def test_while_the_store_is_down_nothing_is_answered_ok(services, cloud):
    """A registration that could not be stored is never answered ok (seed, section 6)."""
    with PostgresServer() as server:
        service = services(server.url, settings=seed_variables(cloud)).start()
        register(service, "cid-1", user_id="u-1")
        server.stop()
        for method, path, body in (
            ("POST", "/api/v1/push/register", {"cid": "cid-2", "user_id": "u-1"}),
            ("POST", "/api/v1/push/unregister", {"cid": "cid-1"}),
            ("POST", "/api/v1/push/send", {"user_id": "u-1", "content": "x"}),
            ("POST", "/api/v1/notifications", {"aud": "user", "recipient_id": "u-1", "body": "x"}),
            ("GET", "/api/v1/push/devices?user_id=u-1", None),
        ):
            answer = on_push_server(service, method, path, body)
            assert answer.status == 503 and answer.json()["ok"] is False, (path, answer.status, answer.body)
        carrier_says(service, "YT1", "IN_TRANSIT", "2026-02-06T08:00:00Z", expect=503)
        assert on_push_server(service, "GET", "/health").status in (200, 503)
        server.start()

        def registered():
            answer = on_push_server(service, "POST", "/api/v1/push/register", {"cid": "cid-2", "user_id": "u-1"})
            return answer.status == 200 and answer.json()["ok"] is True

        eventually(registered, 30, "the store to be there again")
        found = on_push_server(service, "GET", "/api/v1/push/devices?user_id=u-1&active=true").json()["devices"]
        assert {each["cid"] for each in found} == {"cid-1", "cid-2"}
        service.stop()
