"""Callbacks of strangers: verified, stored before they are answered, effective once, on record: on both stores."""

import hashlib
import hmac
import http.client
import json
import threading
import time
import urllib.parse

import pytest

from harness.parcels import add_parcel
from harness.postgres_server import PostgresServer
from harness.senders import WXPAY_SUCCESS, Notice, code_host, express_status, hub_source, platform_message, wxpay_v2
from harness.service import eventually, request
from harness.sink import Sink

SECRET = "hook-secret"
API_KEY = "192006250b4c09247ec02edce69f6a2d"
WXPAY = f"""
[sources.wxpay]
account = "shop"
secret = "{API_KEY}"
mch_id = "1900000109"
platform = "shop"
"""
ROUTE = """
[[routes]]
source = "hub"
event_type = "push"
where = ["repository.name = yizhan"]
platform = "builds"
rename = "code.pushed"
"""


def create_order(service, out_trade_no, total_fee=100):
    answer = service.request("POST", "/api/v1/pay/orders", {"out_trade_no": out_trade_no, "total_fee": total_fee})
    assert answer.status == 201, (answer.status, answer.body)


def test_a_signed_callback_becomes_a_routed_event_under_our_signature(start):
    sink = Sink(event_id_header="X-Yizhan-Event-Id")
    service = start(
        config=hub_source(SECRET) + ROUTE,
        builds={"base_url": sink.url + "/hook", "signing": "x-cs", "secret": "callback-secret"},
    )
    notice = code_host("hub", SECRET, "d-1", "push", {"ref": "refs/heads/main", "repository": {"name": "yizhan"}})
    answer = service.callback(notice)
    assert answer.status == 200, answer.body
    sink.wait_count(1)
    callback = sink.callbacks[0]
    assert callback.body == notice.body
    assert callback.headers["x-yizhan-event-type"] == "code.pushed"
    text = callback.headers["x-cs-timestamp"].encode() + b"." + callback.body
    assert callback.headers["x-cs-signature"] == hmac.new(b"callback-secret", text, hashlib.sha256).hexdigest()

    # What no route takes is on record all the same, and causes nothing.
    for delivery, event_type, name in (("d-2", "ping", "yizhan"), ("d-3", "push", "other")):
        service.callback(code_host("hub", SECRET, delivery, event_type, {"repository": {"name": name}}))
    record = {each["idempotency_key"]: each for each in service.callbacks(source="hub")}
    assert set(record) == {"d-1", "d-2", "d-3"}
    assert record["d-1"]["event_ids"] == [callback.headers["x-yizhan-event-id"]]
    assert record["d-2"]["event_ids"] == record["d-3"]["event_ids"] == []
    whole = service.request("GET", f"/api/v1/callbacks/{record['d-1']['id']}").json()
    assert whole["body"].encode() == notice.body
    assert "X-Delivery: d-1" in whole["headers"]


def test_a_payment_pays_an_order_once(start):
    sink = Sink()
    service = start(config=WXPAY, shop={"base_url": sink.url})
    create_order(service, "T1")
    notice = wxpay_v2("shop", API_KEY, "T1", 100, "4200000001")
    for _ in range(3):
        answer = service.callback(notice)
        assert (answer.status, answer.body) == (200, WXPAY_SUCCESS)
    order = service.order("T1")
    assert (order["status"], order["state"], order["transaction_id"]) == (1, "paid", "4200000001")
    sink.wait_count(1)
    event = json.loads(sink.callbacks[0].body)
    assert (event["out_trade_no"], event["total_fee"], event["provider"]) == ("T1", 100, "wxpay")
    verdicts = [(each["verdict"], each["effect"]) for each in service.callbacks(key="T1")]
    assert sorted(verdicts) == [("accepted", "applied"), ("duplicate", "none"), ("duplicate", "none")]
    listed = service.command("callbacks", "list", "--key", "4200000001", "--json").stdout.splitlines()
    assert len(listed) == 3
    assert service.ledger_total()["accepted"] == 1
    assert "paid (1)" in service.command("orders", "show", "T1").stdout


def test_an_unfit_payment_is_refused_on_record_and_takes_effect_when_it_fits(start):
    sink = Sink()
    service = start(config=WXPAY, shop={"base_url": sink.url})
    notice = wxpay_v2("shop", API_KEY, "T9", 100, "4200000009")
    answer = service.callback(notice)
    assert b"FAIL" in answer.body and answer.body != WXPAY_SUCCESS
    create_order(service, "T9", total_fee=99)
    assert b"FAIL" in service.callback(notice).body
    assert [(each["verdict"], each["reason"]) for each in service.callbacks(key="T9", order="oldest")] == [
        ("rejected", "order_unknown"), ("rejected", "amount_differs")]
    assert service.order("T9")["status"] == 0
    assert 'yizhan_callbacks_unfit_total{source="wxpay"} 2' in service.request("GET", "/metrics").body.decode()
    create_order(service, "T10")
    service.callback(wxpay_v2("shop", API_KEY, "T10", 100, "4200000010"))
    sink.wait_count(1)
    assert service.ledger_total()["accepted"] == 1


@pytest.mark.timeout_seconds(300)
def test_fault_32_a_thousand_identical_notices_at_once(start):
    sink = Sink()
    service = start(config=WXPAY, shop={"base_url": sink.url})
    create_order(service, "T1")
    notice = wxpay_v2("shop", API_KEY, "T1", 100, "4200000001")
    connections, each = 64, 16
    host = urllib.parse.urlsplit(service.receive).netloc
    begin = threading.Barrier(connections)
    answers = []
    taken = threading.Lock()
    left = [1000]

    def send():
        connection = http.client.HTTPConnection(host, timeout=60)
        connection.connect()
        begin.wait()
        for _ in range(each):
            with taken:
                if left[0] == 0:
                    break
                left[0] -= 1
            connection.request("POST", notice.path, notice.body, notice.headers)
            answer = connection.getresponse()
            seen = (answer.status, answer.read())
            with taken:
                answers.append(seen)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert answers == [(200, WXPAY_SUCCESS)] * 1000
    sink.wait_count(1)
    accepted = service.callbacks(key="T1", verdict="accepted")
    assert [(each["effect"], each["duplicate_count"]) for each in accepted] == [("applied", 999)]
    assert len(service.callbacks(key="T1", verdict="duplicate", limit=1000)) == 999
    assert service.order("T1")["status"] == 1
    total = service.ledger_total()
    assert (total["accepted"], total["mismatch"]) == (1, 0)
    assert len(sink.callbacks) == 1


def test_a_rejected_callback_is_on_record_and_its_sender_may_try_again(start):
    service = start(config=hub_source(SECRET), builds={"base_url": "http://127.0.0.1:9"})
    good = code_host("hub", SECRET, "d-1", "push", {"n": 1})
    for bad in (
        good._replace(body=good.body + b" "),
        code_host("hub", "another secret", "d-1", "push", {"n": 1}),
        Notice(good.path, {"X-Delivery": "d-1"}, good.body),
    ):
        assert service.callback(bad).status == 401
    rejected = eventually(lambda: len(service.callbacks(verdict="rejected")) == 3 and service.callbacks(verdict="rejected"))
    assert [each["reason"] for each in rejected] == ["signature_missing", "signature_mismatch", "signature_mismatch"]
    assert {each["answer_status"] for each in rejected} == {401}
    assert len(service.callbacks(reason="signature_missing")) == 1
    assert service.callback(good).status == 200
    assert len(service.callbacks(verdict="accepted")) == 1
    assert SECRET not in service.log()


def test_of_what_is_rejected_the_newest_are_kept(start):
    service = start(config=hub_source(SECRET), settings={"YIZHAN_RECEIVE_KEPT_REJECTED": "5"})
    for n in range(20):
        bad = code_host("hub", "another secret", f"d-{n}", "push", {"n": n})
        assert service.callback(bad).status == 401
    eventually(lambda: 'yizhan_callbacks_stored_total 20' in service.request("GET", "/metrics").body.decode())
    bodies = [json.loads(service.request("GET", f"/api/v1/callbacks/{each['id']}").json()["body"])["n"]
              for each in service.callbacks(verdict="rejected")]
    assert bodies == [19, 18, 17, 16, 15]


def test_the_seeds_variables_make_its_receivers(start):
    sink = Sink()
    service = start(
        settings={
            "AI_CS_PLATFORM_SUB2API_INGRESS_SECRET": "ingress-secret",
            "WEBHOOK_SECRET": "express-secret",
            "WEBHOOK_REJECT_INVALID_SIGNATURE": "true",
        },
        sub2api={"base_url": sink.url},
    )
    message = platform_message("sub2api", "ingress-secret", int(time.time()), "m-1", "hello")
    assert service.callback(message).status == 200
    assert service.callback(message).status == 200
    sink.wait_count(1)
    assert sink.callbacks[0].headers["x-yizhan-event-type"] == "message.received"
    assert [each["verdict"] for each in service.callbacks(key="m-1", order="oldest")] == ["accepted", "duplicate"]
    old = platform_message("sub2api", "ingress-secret", int(time.time()) - 301, "m-2", "late")
    assert service.callback(old).status == 401
    add_parcel(service, "SF1234567890")
    status = express_status("express-secret", "SF1234567890", "IN_TRANSIT", "2026-02-06T08:30:00Z")
    answer = service.callback(status)
    assert answer.status == 200 and answer.json()["ok"] is True
    assert service.callback(status._replace(headers={"X-Signature": "0" * 64})).status == 401
    assert [each["source"] for each in service.callbacks(key="SF1234567890", verdict="accepted")] == ["express"]
    assert len(sink.callbacks) == 1


def test_what_is_configured_wrongly_stops_the_start(make_service):
    twice = hub_source(SECRET) + hub_source(SECRET).replace("[sources.hub]", "[sources.hub2]\naccount = \"hub\"")
    for config, settings, words in (
        (twice, {}, "/in/hub"),
        (hub_source(SECRET) + ROUTE.replace("repository.name = yizhan", "repository.name"), {}, "routes.1.where"),
        (hub_source(SECRET) + ROUTE.replace("builds", "bilds"), {}, "routes.1.platform"),
        ("[sources.github]\nrate_per_second = 1\n", {}, "sources.github.secret"),
        ("[sources.express]\nenabled = true\n", {"YIZHAN_RECEIVE_LISTEN": "0.0.0.0:0"}, "sources.express"),
    ):
        service = make_service(config=config, settings=settings, builds={"base_url": "http://127.0.0.1:9"})
        service.spawn()
        assert service.wait_dead() != 0
        assert words in service.log(), service.log()
        checked = service.command("config", "check", check=False)
        assert checked.returncode == 2 and words in checked.stderr, (checked.stdout, checked.stderr)


def test_fault_42_a_source_without_a_secret_is_let_in_on_loopback_only(start):
    service = start(config="[sources.express]\nenabled = true\n")
    add_parcel(service, "SF1")
    notice = express_status("", "SF1", "IN_TRANSIT", "2026-02-06T08:30:00Z")
    assert service.callback(notice._replace(headers={"Content-Type": "application/json"})).status == 200


def test_the_receiver_speaks_tls_and_believes_trusted_proxies_only(start, tmp_path):
    import ssl
    import subprocess
    import urllib.request

    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    service = start(
        config=hub_source(SECRET),
        settings={"YIZHAN_RECEIVE_CERTIFICATE_FILE": str(certificate), "YIZHAN_RECEIVE_KEY_FILE": str(key),
                  "YIZHAN_RECEIVE_TRUSTED_PROXIES": "127.0.0.0/8"},
    )
    notice = code_host("hub", SECRET, "d-1", "push", {"n": 1})
    call = urllib.request.Request(
        service.receive.replace("http:", "https:") + notice.path, data=notice.body, method="POST",
        headers={**notice.headers, "X-Forwarded-For": "203.0.113.7"})
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=certificate)))
    with opener.open(call, timeout=30) as answer:
        assert answer.status == 200
    assert [each["peer"] for each in service.callbacks()] == ["203.0.113.7"]


def test_only_the_roles_that_are_asked_for_listen(start):
    service = start(roles="console,dispatch", config=hub_source(SECRET))
    assert service.receive is None
    assert service.request("GET", "/health").status == 200


def test_while_postgresql_is_down_senders_are_told_to_send_again(services):
    """Issue, point 6."""
    sink = Sink()
    with PostgresServer() as server:
        service = services(server.url, config=WXPAY, shop={"base_url": sink.url}).start()
        create_order(service, "T1")
        notice = wxpay_v2("shop", API_KEY, "T1", 100, "4200000001")
        server.stop()
        begun = time.monotonic()
        answer = service.callback(notice)
        assert answer.status == 503 and b"FAIL" in answer.body, (answer.status, answer.body)
        assert time.monotonic() - begun < 5, "the sender gives up after 5 s"
        assert request("GET", service.receive + "/health").status == 200
        server.start()
        eventually(lambda: service.callback(notice).body == WXPAY_SUCCESS, 30, "the notice to be taken")
        sink.wait_count(1)
        assert service.order("T1")["status"] == 1
        assert len(service.callbacks(key="T1", verdict="accepted")) == 1
        service.stop()
