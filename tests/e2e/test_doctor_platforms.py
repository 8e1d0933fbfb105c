"""`yizhan doctor` and the platforms: each way of not taking callbacks is told from the others, and what is left over."""

import contextlib
import socket
import ssl
import subprocess
import threading

from harness.doctor import examine
from harness.ports import free_port
from harness.service import eventually, request
from harness.sink import Sink

# Tried again an hour later: what a test looks at stays as it is.
LATER = {"retry_schedule_sec": "3600", "max_retries": 3}


def platform(url, **more):
    return {"base_url": url, **LATER, **more}


def try_once(service, name="crm"):
    event_id = service.emit(name, {"n": 1})
    service.wait_status(event_id, "retrying")
    return event_id


ANSWERS = [(401, "platform_signature_refused"), (403, "platform_signature_refused"), (404, "platform_path_unknown"),
           (422, "platform_refuses"), (429, "platform_throttles"), (503, "platform_fails"),
           ((302, {"Location": "http://127.0.0.1/"}, b""), "platform_redirects")]


def test_each_answer_is_told_apart(start):
    sinks = {f"p{n}": Sink(lambda callback, count, answer=answer: answer) for n, (answer, _) in enumerate(ANSWERS)}
    service = start(**{name: platform(sink.url) for name, sink in sinks.items()})
    events = {name: try_once(service, name) for name in sinks}
    found = examine(service, "platforms")
    assert {(each["subject"], each["code"]) for each in found.findings} == {
        (f"p{n}", code) for n, (_, code) in enumerate(ANSWERS)}
    for finding in found.findings:
        assert events[finding["subject"]] in finding["evidence"]
        assert "1 failed attempt (" in finding["evidence"]
    assert found.status == 3
    # It is history as soon as the event was delivered.
    sinks["p0"].respond = lambda callback, count: 200
    service.command("replay", events["p0"], "--yes")
    service.wait_status(events["p0"], "delivered")
    assert "p0" not in {each["subject"] for each in examine(service, "platforms").findings}


@contextlib.contextmanager
def raw_server(serve):
    """Has each connection served by `serve(connection)`; the server's address."""

    def accept(listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection:
                serve(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def unknown_authority(directory):
    """A TLS server whose certificate nobody has vouched for; its URL."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "own.pem",
                    "-subj", "/CN=localhost"], cwd=directory, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "own.pem", directory / "key.pem")

    def serve(connection):
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)

    with raw_server(serve) as address:
        yield "https://" + address


def test_each_way_of_not_answering_is_told_apart(start, tmp_path):
    hanging = Sink(lambda callback, count: "hang")
    with socket.create_server(("127.0.0.1", 0)) as silent, unknown_authority(tmp_path) as secured:
        service = start(
            config='[outbound]\nallow = ["127.0.0.0/8"]\ndns_timeout_ms = 500\n',
            settings={"YIZHAN_OUTBOUND_DNS_SERVERS": f"127.0.0.1:{silent.getsockname()[1]}"},
            refused=platform(f"http://127.0.0.1:{free_port()}"),
            hanging=platform(hanging.url, timeout_ms=300),
            inside=platform("http://10.0.0.7/callback"),
            nameless=platform("http://no-such-host.example/", timeout_ms=30000),
            tls=platform(secured))
        for name in ("refused", "hanging", "inside", "nameless", "tls"):
            try_once(service, name)
        found = examine(service, "platforms")
    assert {each["subject"]: each["code"] for each in found.findings} == {
        "refused": "platform_unreachable", "hanging": "platform_slow", "inside": "platform_address_blocked",
        "nameless": "platform_name_unresolved", "tls": "platform_tls_refused"}
    blocked = found.one("platform_address_blocked")
    assert "platforms.inside.outbound_allow" in blocked["mend"]


@contextlib.contextmanager
def speaking(answer):
    """Answers whatever it is sent with these bytes, until the other side closes; its URL."""

    def serve(connection):
        connection.recv(65536)
        connection.sendall(answer)
        while connection.recv(65536):
            pass

    with raw_server(serve) as address:
        yield "http://" + address


def test_what_is_no_http(start):
    greeting = b"220 mail.example ESMTP\r\n500 5.5.1 command not recognised\r\n"
    endless = b"HTTP/1.1 200 OK\r\n" + b"X-Filler: " + b"x" * 20000 + b"\r\n\r\n"
    with speaking(greeting) as mail, speaking(endless) as talker:
        service = start(mail=platform(mail), talker=platform(talker))
        events = {name: try_once(service, name) for name in ("mail", "talker")}
        found = examine(service, "platforms")
    assert found.codes == ["platform_not_http", "platform_not_http"], found.findings
    finding = {each["subject"]: each for each in found.findings}
    assert "1 failed attempt (protocol)" in finding["mail"]["evidence"]
    assert "1 failed attempt (response_too_large)" in finding["talker"]["evidence"]
    for name, event_id in events.items():
        assert event_id in finding[name]["evidence"]
        assert f"platforms.{name}.base_url" in finding[name]["mend"]
        assert finding[name]["weight"] == "trouble"


def test_a_disabled_endpoint_and_an_open_breaker(make_service):
    gone, down = Sink(lambda callback, count: 410), Sink(lambda callback, count: 500)
    port = free_port()
    service = make_service(settings={"YIZHAN_API_LISTEN": f"127.0.0.1:{port}"},
                           gone=platform(gone.url), down=platform(down.url, breaker_threshold=2, breaker_open_ms=600000,
                                                                  breaker_open_max_ms=600000)).start()
    service.emit("gone", 1)
    eventually(lambda: request("GET", service.api + "/api/v1/endpoints").json()["endpoints"]
               and service.rows("SELECT count(*) FROM outbox_endpoints") == [("1",)], what="the endpoint to be disabled")
    for _ in range(2):
        try_once(service, "down")
    found = examine(service, "platforms")
    disabled = found.one("endpoint_disabled")
    assert disabled["subject"] == "gone"
    key = service.rows("SELECT endpoint_key FROM outbox_endpoints")[0][0]
    assert f"yizhan endpoints enable {key}" in disabled["mend"]
    assert found.one("breaker_open")["subject"] == "down"
    assert "2 times in a row" in found.one("breaker_open")["evidence"]
    assert found.one("platform_fails")["subject"] == "down"
    # Without the API nobody knows of breakers; that is said.
    service.variables["YIZHAN_API_LISTEN"] = "127.0.0.1:0"
    assert "breakers" in examine(service, "platforms").skipped["platforms"]


def test_dead_letters_by_their_cause(start):
    service = start(crm=platform(Sink(lambda callback, count: 401).url, max_retries=0))
    events = [service.emit("crm", n) for n in range(3)]
    for event_id in events:
        service.wait_status(event_id, "dead_letter")
    finding = examine(service, "accounting").one("dead_letters")
    assert finding["subject"] == "crm"
    assert finding["evidence"].startswith("3 dead letters: 3 http_4xx. ")
    assert "yizhan replay --platform crm --status dead_letter --preview" in finding["mend"]
    service.command("discard", *events, "--reason", "not wanted", "--yes")
    assert examine(service, "accounting").codes == []


def test_events_that_have_nowhere_to_go(start):
    """Section 3 of the first seed's runbook: what a producer inserted for a platform that nobody serves."""
    service = start(crm=platform(Sink().url))
    for name in ("gone", "gone", "crm"):
        target = "no url" if name == "crm" else ""
        service.sql(f"INSERT INTO cs_platform_event_outbox (platform, event_type, callback_target, payload) "
                    f"VALUES ('{name}', 'order.paid', '{target}', '{{}}')")
    eventually(lambda: service.rows("SELECT count(*) FROM cs_platform_event_outbox WHERE last_error IS NOT NULL"
                                    " AND status = 'pending' AND platform = 'gone'") == [("2",)],
               what="the events to be set aside")
    finding = examine(service, "accounting").one("platform_unknown")
    assert finding["subject"] == "gone"
    assert finding["evidence"].startswith("2 events cannot be sent: ")
    assert "[platforms.gone]" in finding["mend"]
    # Of a platform that is served, one event whose address is none.
    eventually(lambda: service.rows("SELECT count(*) FROM cs_platform_event_outbox WHERE last_error IS NOT NULL"
                                    " AND status = 'pending'") == [("3",)], what="the third to be set aside")
    (event_id,), = service.rows("SELECT id FROM cs_platform_event_outbox WHERE platform = 'crm'")
    found = examine(service, "accounting")
    assert sorted(found.codes) == ["events_set_aside", "platform_unknown"]
    aside = found.one("events_set_aside")
    assert (aside["subject"], aside["weight"]) == ("crm", "trouble")
    assert aside["evidence"].startswith("1 event cannot be sent: ") and "no url" in aside["evidence"]
    assert f"yizhan events show {event_id}" in aside["mend"]


def test_events_that_nobody_sends(make_service):
    """Accepted by a node that does not dispatch, and no other does."""
    service = make_service(crm=platform(Sink().url)).start()
    assert service.stop() == 0
    service.sql("INSERT INTO cs_platform_event_outbox (platform, event_type, payload, next_attempt_at) "
                "VALUES ('crm', 'order.paid', '{}', '2026-01-01 00:00:00')")
    finding = examine(service, "accounting").one("events_overdue")
    assert finding["subject"] == "crm"
    assert "nobody has tried it" in finding["evidence"]


def test_the_ledger_does_not_sum_up(start):
    service = start(crm=platform(Sink().url))
    for n in range(3):
        service.wait_status(service.emit("crm", n), "delivered")
    assert examine(service, "accounting").codes == []
    service.sql("DELETE FROM outbox_delivered WHERE sequence = (SELECT max(sequence) FROM outbox_delivered)")
    found = examine(service, "accounting")
    assert found.codes == ["ledger_mismatch"]
    assert found.one("ledger_mismatch")["evidence"] == "3 events accepted in the last 7 days: 1 without a state."
    assert found.one("ledger_mismatch")["weight"] == "loss"
    assert found.status == 3
