"""API keys: every route of the API asks for the scope that its description names, and for nothing else; keys are changed
for new ones without a gap."""

import json
import re

from harness.service import eventually

SCOPES = ("events:write", "events:read", "orders:write", "orders:read", "callbacks:read", "push:register", "push:write",
          "push:read", "admin")
METHODS = ("get", "post", "put", "patch", "delete")


def make_key(service, *arguments):
    return json.loads(service.command("--json", "keys", *arguments).stdout)


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def wait_until_keys_count(service):
    eventually(lambda: service.request("GET", "/api/v1/events").status == 401, what="the first key to count")


def operations(document):
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), re.sub(r"\{\w+\}", "1", path), item[method]


def needed_scope(operation):
    """None for what everybody may ask."""
    if operation.get("security") == []:
        return None
    found = re.search(r"Needs the scope (\w+:?\w*)", operation.get("summary", "") + operation.get("description", ""))
    assert found and found[1] in SCOPES, f"{operation['operationId']} does not say which scope it needs"
    return found[1]


def call(service, method, path, headers=None):
    body = None if method in ("GET", "DELETE") else {}
    return service.request(method, path, body, headers)


def test_every_route_asks_for_the_scope_that_it_names(sqlite_service):
    service = sqlite_service().start()
    document = service.request("GET", "/api/v1/openapi.json").json()
    keys = {scope: make_key(service, "create", scope, "--scopes", scope)["key"] for scope in SCOPES}
    wait_until_keys_count(service)
    seen = 0
    for method, path, operation in operations(document):
        needed = needed_scope(operation)
        seen += 1
        without = call(service, method, path)
        if needed is None:
            assert without.status not in (401, 403), (method, path, without.status)
            continue
        assert without.status == 401, (method, path, without.status)
        assert without.json()["code"] == "credentials_missing"
        for scope, key in keys.items():
            answer = call(service, method, path, bearer(key))
            if scope in (needed, "admin"):
                assert answer.status not in (401, 403), (method, path, scope, answer.status, answer.body)
                assert str(answer.status) in operation["responses"] or "default" in operation["responses"], (
                    method, path, answer.status, answer.body)
            else:
                assert answer.status == 403, (method, path, scope, answer.status)
                assert answer.json()["code"] == "scope_missing"
    assert seen >= 20, "the document describes the API"


def test_a_key_is_rotated_without_a_gap(start):
    service = start()
    old = make_key(service, "create", "backend", "--scopes", "events:read")
    wait_until_keys_count(service)
    new = make_key(service, "rotate", old["id"], "--overlap", "1h")
    assert (new["name"], new["scopes"], new["replaces"]["id"]) == ("backend", "events:read", old["id"])
    listed = {key["id"]: key for key in map(json.loads, service.command("--json", "keys", "list").stdout.splitlines())}
    assert listed[old["id"]]["revoked_at"] == new["replaces"]["valid_until"] and listed[new["id"]]["valid"]

    def status(key):
        return service.request("GET", "/api/v1/events", headers=bearer(key)).status

    eventually(lambda: status(new["key"]) == 200, what="the new key to be known")
    assert status(old["key"]) == 200, "valid until its time has come"
    newest = make_key(service, "rotate", new["id"], "--overlap", "1s")
    eventually(lambda: status(newest["key"]) == 200, what="the newest key to be known")
    eventually(lambda: status(new["key"]) == 401, what="the key before it to end")
    assert status(newest["key"]) == status(old["key"]) == 200
    again = service.command("keys", "rotate", new["id"], check=False)
    assert again.returncode == 5 and "key_not_found" in again.stderr


def test_what_is_done_with_keys_is_on_record(start):
    service = start()
    old = make_key(service, "create", "backend")
    new = make_key(service, "rotate", old["id"])
    service.command("keys", "revoke", new["id"])
    service.command("keys", "revoke", old["id"])
    acts = service.rows("SELECT action, object FROM audit_trail WHERE action LIKE 'key.%' ORDER BY id")
    assert acts == [("key.create", old["id"]), ("key.rotate", old["id"]), ("key.revoke", new["id"]),
                    ("key.revoke", old["id"])]
    everything = json.dumps(service.rows("SELECT detail FROM audit_trail"))
    assert old["key"].split("_")[2] not in everything and new["key"].split("_")[2] not in everything
