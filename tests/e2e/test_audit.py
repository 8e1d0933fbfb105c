"""The audit trail: every command and every route that changes something leaves an entry that says who it was."""

import json
import os
import pwd
import re
import socket

from harness.service import eventually
from harness.sink import Sink

# What each command that changes the store puts on record; all others only look, run, or hand over what applications
# hand over. A command that is in neither list fails the test: decide where it belongs.
CHANGING_COMMANDS = {
    "replay": "event.replay",
    "discard": "event.discard",
    "replays pause": "replay.pause",
    "replays resume": "replay.resume",
    "replays cancel": "replay.cancel",
    "endpoints enable": "endpoint.enable",
    "endpoints disable": "endpoint.disable",
    "orders create": "order.create",
    "orders close": "order.close",
    "waybills put": "waybill.put",
    "devices register": "device.register",
    "devices unregister": "device.unregister",
    "notifications resend": "notification.resend",
    "keys create": "key.create",
    "keys revoke": "key.revoke",
    "migrate": "migrate",
    "sql": "sql",
    "retention run": "retention.run",
}
# Audited as well, by tests of their own: they need a service that can be reloaded, or a key with an overlap.
CHANGING_ELSEWHERE = {"reload", "keys rotate"}
LOOKING_COMMANDS = {
    "serve", "up", "down", "status", "emit", "sink", "send-test", "send-test express", "push-test", "trace", "events",
    "events list", "events show", "callbacks", "callbacks list", "callbacks show", "attempts", "dead-letters", "ledger",
    "notifications", "notifications list", "notifications show", "doctor", "doctor schema", "audit", "audit list",
    "audit export", "replays", "replays list", "replays show", "endpoints", "endpoints list", "orders", "orders show",
    "waybills", "waybills show", "devices", "devices list", "devices show", "config", "config show", "config check",
    "config docs", "config sample", "keys", "keys list", "keys generate", "keys verify", "keys secret", "completion",
    "version", "export", "export callbacks", "export events", "retention", "retention status", "alerts", "alerts test",
    # These make or read files of the configuration, not the store.
    "secrets", "secrets master-key", "secrets seal", "secrets open", "secrets reseal",
}

CHANGING_ROUTES = {
    ("POST", "/api/v1/replay"): "event.replay",
    ("POST", "/api/v1/events/{id}/replay"): "event.replay",
    ("POST", "/api/v1/events/discard"): "event.discard",
    ("POST", "/api/v1/endpoints/{key}/enable"): "endpoint.enable",
    ("POST", "/api/v1/replays"): "replay.start",
    ("POST", "/api/v1/replays/{id}/pause"): "replay.pause",
    ("POST", "/api/v1/replays/{id}/resume"): "replay.resume",
    ("POST", "/api/v1/replays/{id}/cancel"): "replay.cancel",
    ("POST", "/api/v1/pay/orders"): "order.create",
    ("POST", "/api/v1/pay/orders/{out_trade_no}/close"): "order.close",
    ("PUT", "/api/v1/waybills/{tracking_no}"): "waybill.put",
}
# What applications hand over is no administrative act.
HANDED_OVER = {("POST", "/api/v1/events"), ("POST", "/api/v1/notifications")}


def crm(sink):
    return {"base_url": sink.url, "max_retries": 0, "retry_schedule_sec": "0", "poll_interval_ms": 200,
            "breaker_threshold": 0}


def entries(service, **selection):
    options = [part for name, value in selection.items() for part in (f"--{name}", value)]
    return [json.loads(line) for line in service.command("audit", "export", *options).stdout.splitlines()]


def dead_letter(service):
    event_id = service.emit("crm", {"n": 1})
    service.wait_status(event_id, "dead_letter")
    return event_id


def many_dead_letters(service):
    """So many that replaying them, one a second, lasts as long as a test looks at it: five minutes' worth."""
    events = [{"platform": "crm", "event_type": "slow", "payload": {"n": 2}} for _ in range(300)]
    before = service.ledger_total()["dead_letter"]
    answer = service.request("POST", "/api/v1/events", events)
    assert answer.status == 202, answer.body
    eventually(lambda: service.ledger_total()["dead_letter"] == before + len(events), what="the dead letters")


def test_every_command_that_changes_something_says_who_it_was(start):
    sink = Sink(lambda callback, count: 500)
    service = start(crm=crm(sink))
    first, second = dead_letter(service), dead_letter(service)
    many_dead_letters(service)
    begun = json.loads(service.command("--json", "replay", "--type", "slow", "--gradually", "--rate", "1").stdout)["id"]
    done = set()

    def run(name, *arguments):
        before = len(entries(service))
        out = service.command(*name.split(), *arguments).stdout
        new = entries(service)[before:]
        assert CHANGING_COMMANDS[name] in [each["action"] for each in new], (name, new)
        user = f"{pwd.getpwuid(os.geteuid()).pw_name}@{socket.gethostname()}"
        assert all(user in each["actor"] for each in new if each["origin"] == "cli"), new
        done.add(name)
        return out

    run("replay", first, "--why", "because")
    assert entries(service, object=first)[-1]["reason"] == "because"
    service.wait_status(first, "dead_letter")
    run("discard", second, "--reason", "too old")
    run("replays pause", str(begun))
    run("replays resume", str(begun))
    run("replays cancel", str(begun))
    run("endpoints disable", "crm", sink.url, "--reason", "maintenance")
    run("endpoints enable", "crm", sink.url)
    run("orders create", "T-1", "100")
    run("orders close", "T-1")
    run("waybills put", "SF1", "--carrier", "SF")
    run("devices register", "cid-1", "--user", "u-1")
    run("devices unregister", "cid-1")
    notification = service.request("POST", "/api/v1/notifications", {
        "aud": "user", "recipient_id": "u-1", "title": "a", "body": "b", "message_id": "m-1"})
    assert notification.status in (200, 202), notification.body
    service.sql("UPDATE express_notifications SET send_status = 'failed', next_attempt_at = NULL, waits_until = NULL")
    run("notifications resend", notification.json()["id"])
    key = run("keys create", "billing", "--scopes", "events:read")
    run("keys revoke", re.search(r"yz_([0-9a-f]{12})", key).group(1))
    run("sql", "UPDATE cs_platform_event_outbox SET last_error = 'Lin 13800138000' WHERE id = '" + first + "'")
    statement = entries(service, action="sql")[-1]["detail"]["statement"]
    assert statement == "UPDATE cs_platform_event_outbox SET last_error = '…' WHERE id = '…'"
    hand = entries(service, object=first)[-1]
    assert (hand["origin"], hand["action"], hand["detail"]["after"]) == ("sql", "event.edit", "dead_letter"), hand
    run("retention run")
    # A store of its own for what only happens once.
    service.command("--store", f"sqlite:{service.directory}/other.db", "migrate")
    made = service.command("--store", f"sqlite:{service.directory}/other.db", "audit", "export").stdout
    assert json.loads(made.splitlines()[0])["action"] == "migrate"
    done.add("migrate")
    assert done == set(CHANGING_COMMANDS)
    assert "13800138000" not in json.dumps(entries(service))
    assert {"service.start"} <= {each["action"] for each in entries(service, origin="service")}


def command_names(service):
    """Every command of the program, as its help lists them: `orders close`."""

    def listed(words):
        text = service.command(*words, "--help").stdout
        commands = re.search(r"(?ms)^Usage$(.*?)^(?:Arguments|Options|Examples)", text).group(1)
        return [" ".join([*words, name]) for name in re.findall(r"(?m)^  ([a-z][a-z-]*)  ", commands)]

    names = listed([])
    return names + [each for name in names for each in listed(name.split())]


def test_no_command_is_forgotten(sqlite_service):
    service = sqlite_service()
    names = set(command_names(service))
    assert "replays" in names and "orders close" in names, sorted(names)
    known = set(CHANGING_COMMANDS) | CHANGING_ELSEWHERE | LOOKING_COMMANDS
    forgotten = names - known
    assert not forgotten, f"say in this file whether they change something: {sorted(forgotten)}"


def test_every_route_that_changes_something_says_which_key_it_was(start):
    sink = Sink(lambda callback, count: 500)
    service = start(crm=crm(sink))
    first, second, third = (dead_letter(service) for _ in range(3))
    many_dead_letters(service)
    service.command("endpoints", "disable", "crm", sink.url)
    endpoint = service.rows("SELECT CAST(endpoint_key AS text) FROM outbox_endpoints")[0][0]
    key = re.search(r"yz_[0-9a-f]{12}_[0-9a-f]{64}", service.command("keys", "create", "ops", "--scopes", "admin").stdout)
    headers = {"Authorization": f"Bearer {key.group(0)}"}
    # The service looks for new keys now and then; until it has seen this one, nobody needs any.
    eventually(lambda: service.request("GET", "/api/v1/events").status == 401, what="the key to be known")
    document = service.request("GET", "/api/v1/openapi.json", headers=headers).json()
    changing = {(method.upper(), path) for path, item in document["paths"].items() for method in item
                if method in ("post", "put", "patch", "delete")}
    known = set(CHANGING_ROUTES) | HANDED_OVER
    assert changing <= known, f"say in this file whether they are administrative: {sorted(changing - known)}"
    assert set(CHANGING_ROUTES) <= changing

    called = set()

    def call(method, route, path, body=None):
        before = len(entries(service))
        answer = service.request(method, path, body, headers)
        assert answer.status in (200, 201, 202), (path, answer.status, answer.body)
        new = entries(service)[before:]
        action = CHANGING_ROUTES[(method, route)]
        called.add((method, route))
        by_key = [each for each in new if each["action"] == action]
        assert by_key and all(each["origin"] == "api" for each in by_key), (route, new)
        assert by_key[0]["actor"] == f"ops ({key.group(0)[3:15]})", by_key
        return answer.json()

    call("POST", "/api/v1/endpoints/{key}/enable", f"/api/v1/endpoints/{endpoint}/enable")
    call("POST", "/api/v1/replay", "/api/v1/replay", {"selection": {"ids": [first]}})
    call("POST", "/api/v1/events/{id}/replay", f"/api/v1/events/{second}/replay")
    call("POST", "/api/v1/events/discard", "/api/v1/events/discard", {"selection": {"ids": [third]}, "reason": "old"})
    replay = call("POST", "/api/v1/replays", "/api/v1/replays",
                  {"selection": {"platform": "crm", "event_type": "slow"}, "rate": 1})["replays"][0]["id"]
    for action in ("pause", "resume", "cancel"):
        call("POST", "/api/v1/replays/{id}/" + action, f"/api/v1/replays/{replay}/{action}")
    call("POST", "/api/v1/pay/orders", "/api/v1/pay/orders", {"out_trade_no": "T-9", "total_fee": 100})
    call("POST", "/api/v1/pay/orders/{out_trade_no}/close", "/api/v1/pay/orders/T-9/close", {})
    call("PUT", "/api/v1/waybills/{tracking_no}", "/api/v1/waybills/SF9", {"carrier_code": "SF"})
    assert called == set(CHANGING_ROUTES)
    listed = service.request("GET", "/api/v1/audit?action=order&limit=1", headers=headers).json()
    assert [each["action"] for each in listed["entries"]] == ["order.close"] and listed["next"]
    assert service.request("GET", "/api/v1/audit").status == 401
    assert service.request("GET", "/api/v1/audit?when=now", headers=headers).status == 400


def test_an_actor_can_be_named(start):
    service = start(crm=crm(Sink()))
    service.variables["YIZHAN_ACTOR"] = "night shift"
    service.command("orders", "create", "T-2", "100")
    assert entries(service, object="T-2")[0]["actor"] == "night shift"
