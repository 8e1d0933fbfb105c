"""A configuration is put in force while callbacks come in and go out: nothing ends, nothing is lost, nothing comes twice."""

import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import urllib.parse

from harness import senders
from harness.service import eventually
from harness.sink import Sink

INBOUND_SECRET = "inbound-secret-1"
CLIENTS = 4


class Configured:
    """A service whose whole configuration is one file, written anew by each test step."""

    def __init__(self, sqlite_service, tmp_path):
        self.folder = tmp_path / "configuration"
        self.folder.mkdir()
        self.secret_file = self.folder / "crm_secret"
        self.file = self.folder / "yizhan.toml"
        self.make = sqlite_service

    def write(self, text, secret=None):
        if secret:
            self.secret_file.write_text(secret + "\n")
        self.file.write_text(text)
        return self

    def start(self, **settings):
        self.service = self.make(settings={"YIZHAN_CONFIG": str(self.file), **settings}).start()
        return self.service

    def reload(self, check=True):
        return self.service.command("reload", check=check)


def crm(sink, secret_file, more=""):
    return f"""
[platforms.crm]
base_url = "{sink.url}"
signing = "x-cs"
secret_file = "{secret_file}"
event_id_header = "webhook-id"
{more}
{senders.hub_source(INBOUND_SECRET)}
[[routes]]
source = "hub"
platform = "crm"
"""


def signed_by(callback, secret):
    text = callback.headers["x-cs-timestamp"].encode() + b"." + callback.body
    return callback.headers["x-cs-signature"] == hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


class Client(threading.Thread):
    """Sends callbacks one after the other on one connection, until told to stop. A connection that ends is an error."""

    def __init__(self, service, number):
        super().__init__(daemon=True)
        self.address = urllib.parse.urlsplit(service.receive).netloc
        self.number = number
        self.stopping = threading.Event()
        self.sent = 0
        self.trouble = None

    def run(self):
        try:
            connection = http.client.HTTPConnection(self.address, timeout=60)
            connection.connect()
            first = connection.sock
            while not self.stopping.is_set():
                notice = senders.code_host("hub", INBOUND_SECRET, f"{self.number}-{self.sent}", "push", {"n": self.sent})
                connection.request("POST", notice.path, notice.body, notice.headers)
                answer = connection.getresponse()
                body = answer.read()
                assert answer.status == 200, (answer.status, body)
                assert connection.sock is first, "the connection was closed"
                self.sent += 1
        except Exception as error:  # told to the test
            self.trouble = repr(error)

    def end(self):
        self.stopping.set()
        self.join(60)
        assert self.trouble is None, self.trouble


def test_ten_reloads_under_load_lose_nothing_and_repeat_nothing(sqlite_service, tmp_path):
    sink = Sink()
    configured = Configured(sqlite_service, tmp_path)
    configured.write(crm(sink, configured.secret_file), secret="secret-0")
    service = configured.start()
    clients = [Client(service, number) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for number in range(1, 11):
        so_far = len(sink.callbacks)
        sink.wait_count(so_far + 100)
        configured.write(crm(sink, configured.secret_file, f"in_flight_cap = {16 + number}"), secret=f"secret-{number}")
        assert "platforms.crm" in configured.reload().stdout
        # What is handed over from now on is signed with the new secret.
        event_id = service.emit("crm", {"reload": number})
        service.wait_status(event_id, "delivered")
        assert signed_by(sink.of_event(event_id)[0], f"secret-{number}")
    for client in clients:
        client.end()
    sent = sum(client.sent for client in clients)
    assert sent >= 1000
    sink.wait_count(sent + 10, timeout=60)
    eventually(lambda: service.ledger_total()["delivered"] == sent + 10, what="every event to be delivered")
    assert set(sink.counts.values()) == {1}, "nothing came twice"
    assert all(any(signed_by(callback, f"secret-{n}") for n in range(11)) for callback in sink.callbacks)
    # Fault 40: what was changed is named, never the secrets.
    told = service.log() + "".join(file.read_text() for file in (service.directory / "data").glob("service-*"))
    assert "platforms.crm" in told and "secret-" not in told
    counted = re.search(r'yizhan_callbacks_total\{source="hub",verdict="accepted"\} (\d+)',
                        service.request("GET", "/metrics").body.decode())
    assert int(counted[1]) == sent, "counters go on over reloads"


def test_a_new_platform_and_a_new_source_appear(sqlite_service, tmp_path):
    sink, second = Sink(), Sink()
    configured = Configured(sqlite_service, tmp_path)
    configured.write(crm(sink, configured.secret_file), secret="secret-0")
    service = configured.start()
    assert service.request("POST", "/api/v1/events", {"platform": "shop", "event_type": "a", "payload": {}}).status == 422
    configured.write(crm(sink, configured.secret_file) + f"""
[platforms.shop]
base_url = "{second.url}"
signing = "none"
event_id_header = "webhook-id"
[sources.git]
kind = "github"
secret = "{INBOUND_SECRET}"
platform = "shop"
""")
    told = configured.reload().stdout
    assert "platforms.shop" in told and "sources.git" in told
    event_id = service.emit("shop", {"n": 1})
    service.wait_status(event_id, "delivered")
    body = b'{"zen":"x"}'
    signature = "sha256=" + hmac.new(INBOUND_SECRET.encode(), body, hashlib.sha256).hexdigest()
    notice = senders.Notice("/in/git", {"X-Hub-Signature-256": signature, "X-GitHub-Event": "ping",
                                        "X-GitHub-Delivery": "d-1", "Content-Type": "application/json"}, body)
    assert service.callback(notice).status == 200


def test_a_platform_that_is_gone_leaves_its_events_waiting(sqlite_service, tmp_path):
    sink = Sink(lambda callback, count: 503)
    configured = Configured(sqlite_service, tmp_path)
    both = crm(sink, configured.secret_file, 'retry_schedule_sec = [1]\nmax_retries = 100\nbreaker_threshold = 0')
    configured.write(both, secret="secret-0")
    service = configured.start()
    event_id = service.emit("crm", {"n": 1})
    sink.wait_count(1)
    configured.write("")
    configured.reload()
    eventually(lambda: "event_set_aside" in service.log(), what="the event to be set aside")
    assert service.event(event_id)["status"] in ("pending", "retrying")
    assert "unknown_platform" in service.request(
        "POST", "/api/v1/events", {"platform": "crm", "event_type": "a", "payload": {}}).body.decode()


def test_an_invalid_file_changes_nothing_and_is_told(sqlite_service, tmp_path):
    sink = Sink()
    configured = Configured(sqlite_service, tmp_path)
    configured.write(crm(sink, configured.secret_file), secret="secret-0")
    service = configured.start()
    # Only the service knows that this secret cannot be read: a command beside it goes without.
    configured.write(crm(sink, configured.folder / "nowhere", "in_flight_cap = 3"))
    refused = configured.reload(check=False)
    assert refused.returncode == 1 and "nowhere" in refused.stdout and "reload_refused" in refused.stderr, refused
    service.wait_logged("reload_refused")
    shown = service.command("status", check=False).stdout
    assert f"pid {service.process.pid}" in shown and "refused" in shown and "nowhere" in shown, shown
    event_id = service.emit("crm", {"n": 1})
    service.wait_status(event_id, "delivered")
    assert signed_by(sink.of_event(event_id)[0], "secret-0")
    on_record = "SELECT outcome, detail FROM audit_trail WHERE action = 'config.reload'"
    eventually(lambda: service.rows(on_record), what="the refusal on the audit trail")
    outcome, detail = service.rows(on_record)[0]
    assert outcome == "reload_refused" and "config_file_unreadable" in json.loads(detail)["lines"][0]
    last = json.loads(service.command("--json", "status", check=False).stdout)["services"][0]["last_reload"]
    assert last["done"] is False and "config_file_unreadable" in last["lines"][0]


def test_what_needs_a_restart_is_named_and_kept(sqlite_service, tmp_path):
    sink = Sink()
    configured = Configured(sqlite_service, tmp_path)
    configured.write(crm(sink, configured.secret_file), secret="secret-0")
    service = configured.start()
    configured.write("[outbound]\ndns_servers = [\"127.0.0.1\"]\n[log]\nlevel = \"debug\"\n" +
                     crm(sink, configured.secret_file))
    told = configured.reload().stdout
    assert "needs a restart: outbound.dns_servers" in told and "log.level" in told
    service.wait_logged("reload_needs_restart")
    assert service.wait_status(service.emit("crm", {"n": 1}), "delivered")


def certificate(folder, name):
    """A self-signed certificate for localhost; returns it as DER."""
    key, crt = folder / "key.pem", folder / "crt.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", f"/CN={name}", "-keyout", key, "-out", crt], check=True, capture_output=True)
    return ssl.PEM_cert_to_DER_cert(crt.read_text())


def connect_tls(service):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    host, port = service.api.removeprefix("http://").split(":")
    connection = http.client.HTTPSConnection(host, int(port), context=context, timeout=30)
    connection.connect()
    return connection


def ask(connection):
    connection.request("GET", "/health")
    answer = connection.getresponse()
    answer.read()
    return answer.status


def test_new_connections_get_the_new_certificate(sqlite_service, tmp_path):
    first = certificate(tmp_path, "first")
    configured = Configured(sqlite_service, tmp_path)
    configured.write(f'[api]\ncertificate_file = "{tmp_path}/crt.pem"\nkey_file = "{tmp_path}/key.pem"\n')
    service = configured.start()
    old = connect_tls(service)
    assert old.sock.getpeercert(binary_form=True) == first and ask(old) == 200
    kept = old.sock

    second = certificate(tmp_path, "second")
    os.kill(service.process.pid, signal.SIGHUP)
    eventually(lambda: '"reloaded"' in service.log(), what="the reload")
    new = connect_tls(service)
    assert new.sock.getpeercert(binary_form=True) == second and ask(new) == 200
    assert ask(old) == 200 and old.sock is kept, "open connections go on"

    # All or nothing: what else the file says is not put in force either.
    (tmp_path / "crt.pem").write_text("broken")
    configured.file.write_text(configured.file.read_text() + """
[platforms.crm]
base_url = "https://crm.example"
signing = "none"
[sources.git]
kind = "github"
secret = "inbound-secret"
""")
    refused = configured.reload(check=False)
    assert refused.returncode == 1 and "tls_files_invalid" in refused.stdout
    assert connect_tls(service).sock.getpeercert(binary_form=True) == second
    assert service.callback(senders.Notice("/in/git", {}, b"{}")).status == 404


def test_a_hang_up_while_it_starts_does_not_end_it(services):
    # A server that takes the connection and says nothing: the start waits for it.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        service = services(f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/none").spawn()
        connection, _ = silent.accept()
        os.kill(service.process.pid, signal.SIGHUP)
        connection.close()
    assert service.wait_dead() == 4, "it ends because there is no store, not by the signal"


def test_reload_without_a_service_says_so(sqlite_service):
    service = sqlite_service()
    told = service.command("reload", check=False)
    assert told.returncode == 1 and "not_running" in told.stderr
    service.start()
    assert service.command("reload").stdout.startswith("Reloaded, pid ")
    service.stop()
    assert not list((service.directory / "data").glob("service-*")), "its file goes with it"


def test_the_supervisor_hears_of_a_reload(sqlite_service, tmp_path):
    path = tmp_path / "notify"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(path))
    listener.settimeout(30)
    service = sqlite_service(settings={"NOTIFY_SOCKET": str(path)}).start()
    assert listener.recv(4096) == b"READY=1"
    service.command("reload")
    reloading = listener.recv(4096).decode()
    assert re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=\d+", reloading), reloading
    assert listener.recv(4096).decode().startswith("READY=1\nSTATUS=reloaded")
