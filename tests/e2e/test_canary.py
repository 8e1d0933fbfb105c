"""Fault 40: secrets and what payloads say of people never leave by the log, the metrics, the commands, the API or the
core file of a crash.

Each is a value of its own. What may show a payload to the operator is listed in SECURITY.md and, here, in MAY_SHOW_PEOPLE;
a secret may be shown by nothing.
"""

import json
import os
import pathlib
import signal
import subprocess

import pytest

from harness.canaries import Canaries
from harness.cloud_function import CloudFunction
from harness.getui import Getui
from harness.json_web_token import make_token
from harness.log_document import check_documented
from harness.parcels import add_parcel, on_push_server
from harness.postgrest import Postgrest
from harness.senders import Notice, code_host, express_status, platform_message, wxpay_v2
from harness.service import eventually, request
from harness.sink import Sink

# Commands whose purpose it is to show a payload, or a part of it; see SECURITY.md.
MAY_SHOW_PEOPLE = ("events show", "callbacks show", "notifications show", "notifications list", "waybills show",
                   "orders show", "trace", "export", "sql")


class Station:
    """A service all of whose secrets are canaries, and everything that came out of it."""

    def __init__(self, start, tmp_path, channel):
        self.canaries = canaries = Canaries()
        self.channel = channel
        self.sink = Sink(lambda callback, count: 500 if "/bad" in callback.path else 200)
        self.supabase = Postgrest(rpc_token=canaries.secret("notify.rpc_token"))
        secret_file = tmp_path / "crm.secret"
        secret_file.write_text(canaries.secret("platforms.crm.secret_files") + "\n")
        public_key = tmp_path / "public.pem"
        subprocess.run(f"openssl genrsa 2048 | openssl rsa -pubout -out {public_key}", shell=True, check=True, capture_output=True)
        push = {"getui": self._getui}.get(channel, self._cloud_function)()
        if channel == "supabase":  # which does not know the key
            push |= {"SUPA_URL": self.supabase.url}
        self.service = start(
            settings={
                "YIZHAN_LOG_LEVEL": "debug",
                "YIZHAN_PUSH_JWT_SECRET": canaries.secret("push.jwt_secret"),
                "WEBHOOK_SECRET": canaries.secret("sources.express.secret"),
                "RETRY_INITIAL_MS": "0", "MAX_RETRIES": "1",
                "SUPA_KEY": canaries.secret("notify.supa_key"),
                "YIZHAN_NOTIFY_RPC_TOKEN": canaries.secret("notify.rpc_token"),
                "AI_CS_PLATFORM_CRM_INGRESS_SECRET": canaries.secret("platforms.crm.ingress_secret"),
                **push,
            },
            config=self._config(secret_file, public_key),
        )

    def _cloud_function(self):
        cloud = CloudFunction(behave=lambda cid, nth: "token_wrong" if nth == 1 else "online",
                              token=self.canaries.secret("push.token"))
        return {"CLOUD_FUNC_URL": f"{cloud.url}/push?key={self.canaries.secret('push.cloud_function_url')}",
                "PUSH_TOKEN": self.canaries.secret("push.token")}

    def _getui(self):
        getui = Getui()
        return {"YIZHAN_PUSH_CHANNEL": "getui", "YIZHAN_PUSH_GETUI_BASE_URL": getui.base_url,
                "YIZHAN_PUSH_GETUI_APP_ID": getui.app_id, "YIZHAN_PUSH_GETUI_APP_KEY": getui.app_key,
                # Another one than Getui knows: its refusals are errors that are shown.
                "YIZHAN_PUSH_GETUI_MASTER_SECRET": self.canaries.secret("push.getui_master_secret")}

    def _config(self, secret_file, public_key):
        secret = self.canaries.secret
        return f"""
[platforms.crm]
base_url = "{self.sink.url}?key={secret('platforms.crm.base_url')}"
signing = "x-cs"
secrets = ["{secret('platforms.crm.secrets')}"]
secret_files = ["{secret_file}"]
event_id_header = "X-Yizhan-Event-Id"
headers = {{ Authorization = "Bearer {secret('platforms.crm.headers')}" }}
max_retries = 1
retry_schedule_sec = [0]
[platforms.gone]
base_url = "http://127.0.0.1:1/hook?token={secret('platforms.gone.base_url')}"
signing = "none"
[platforms.blocked]
base_url = "http://169.254.169.254/latest?token={secret('platforms.blocked.base_url')}"
signing = "none"
max_retries = 0
[platforms.nowhere]
base_url = "https://no-such-host.invalid/?token={secret('platforms.nowhere.base_url')}"
signing = "none"
[sources.hub]
kind = "hmac"
secrets = ["{secret('sources.hub.secrets')}"]
signature_header = "X-Hub-Signature-256"
hmac_prefix = "sha256="
idempotency_header = "X-Delivery"
event_type_header = "X-Event"
[sources.wxpay]
account = "shop"
secret = "{secret('sources.wxpay.secret')}"
mch_id = "1900000109"
platform = "crm"
[sources.wxpay3]
kind = "wxpay"
account = "third"
mch_id = "1900000109"
api_v3_keys = ["{secret('sources.wxpay3.api_v3_keys')}"]
public_key_file = "{public_key}"
public_key_id = "PUB_KEY_ID_0"
[[routes]]
source = "hub"
platform = "crm"
[alert_channels.ding]
kind = "dingtalk"
url = "{self.sink.url}/bad/robot/send"
token = "{secret('alert_channels.ding.token')}"
secrets = ["{secret('alert_channels.ding.secrets')}"]
max_retries = 0
outbound_allow = ["127.0.0.0/8"]
[alert_channels.hook]
kind = "webhook"
url = "{self.sink.url}/bad/hook/{secret('alert_channels.hook.url')}?key={secret('alert_channels.hook.query')}"
max_retries = 0
outbound_allow = ["127.0.0.0/8"]
[alert_channels.mail]
kind = "mail"
host = "127.0.0.1"
port = 1
user = "station"
password = "{secret('alert_channels.mail.password')}"
from = "station@example.org"
to = ["operator@example.org"]
max_retries = 0
outbound_allow = ["127.0.0.0/8"]
"""

    def person(self):
        person = self.canaries.person
        return {"phone": person("phone", "138"), "name": person("name", "张三"), "address": person("address", "杭州市文三路"),
                "openid": person("openid", "oUpF8uM")}

    # ---- the scenario -----------------------------------------------------------------------------------------------

    def callbacks(self):
        """Good, repeated, badly signed, and broken ones, each with what is private in body, headers and query."""
        secret = self.canaries.secret
        sent = {"Authorization": "Bearer " + secret("inbound Authorization"), "Cookie": "session=" + secret("inbound Cookie"),
                "X-Api-Key": secret("inbound X-Api-Key")}
        query = "?token=" + secret("inbound query")
        service = self.service

        def send(notice):
            return service.callback(Notice(notice.path + query, {**notice.headers, **sent}, notice.body)).status

        hub = code_host("hub", secret("sources.hub.secrets"), "d-1", "push", self.person())
        assert [send(hub), send(hub)] == [200, 200]
        assert send(code_host("hub", "wrong", "d-2", "push", self.person())) in (400, 401)
        assert send(hub._replace(body=b"{" + hub.body)) in (400, 401)
        service.request("POST", "/api/v1/pay/orders", {"out_trade_no": "T1", "total_fee": 100})
        pay = wxpay_v2("shop", secret("sources.wxpay.secret"), "T1", 100, "4200000001")
        assert send(pay) == 200
        send(wxpay_v2("shop", "wrong", "T1", 100, "4200000002"))
        send(wxpay_v2("shop", secret("sources.wxpay.secret"), "T-unknown", 100, "4200000003"))
        send(platform_message("crm", secret("platforms.crm.ingress_secret"), 1, "m-1", json.dumps(self.person())))

    def parcels(self):
        """A carrier's text names somebody; one phone is refused, the recipients' service refuses us."""
        service = self.service
        token = make_token(self.canaries.secret("push.jwt_secret"), "service_role")
        self.canaries.secrets["a role token"] = token
        for number in ("1", "2"):
            registered = on_push_server(service, "POST", "/api/v1/push/register", {"cid": "cid-" + number, "user_id": "u-1"},
                                        {"apikey": token})
            assert registered.status == 200, registered.body
        add_parcel(service, "SF-1", "u-1")
        add_parcel(service, "SF-2", order_id="elsewhere")
        for number in ("SF-1", "SF-2"):
            notice = express_status(self.canaries.secret("sources.express.secret"), number, "IN_TRANSIT",
                                    "2026-02-06T08:30:00Z", event_text=" ".join(self.person().values()))
            assert service.callback(notice).status == 200
        if self.channel == "supabase":
            eventually(lambda: service.log_lines("notify_failed"), what="the refusal of the recipients' service")
        else:
            # Both phones were tried; what they were refused with is in the log.
            eventually(lambda: len([line for line in service.log_lines("attempt") if line["platform"] == "push"]) >= 2)

    def events(self):
        service = self.service
        ids = [service.emit("crm", self.person()), service.emit("crm", self.person(), callback_target="/bad"),
               service.emit("gone", self.person()), service.emit("blocked", self.person()),
               service.emit("nowhere", self.person())]
        alert = {"id": "e", "cause": "c", "rule": "dead_letter", "subject": "crm", "state": "raised", "title": "t", "facts": [],
                 "count": 1, "raised_at": "2026-02-06T08:30:00Z", "at": "2026-02-06T08:30:00Z"}
        ids += [service.emit("alert:" + name, alert) for name in ("ding", "hook", "mail")]
        service.wait_status(ids[0], "delivered")
        for dead in (ids[1], ids[3], *ids[5:]):
            service.wait_status(dead, "dead_letter")
        for retrying in (ids[2], ids[4]):
            service.wait_status(retrying, "retrying")
        return ids

    def refused_requests(self):
        """Errors of each kind, with what is private in what was wrong; their answers."""
        service, secret = self.service, self.canaries.secret
        person = json.dumps(self.person())
        for body in (b"{" + person.encode(), b'{"platform":"crm","payload":' + person.encode() + b"}",
                     b'{"platform":"crm","event_type":"t","payload":1,"callback_target":"http://u:' +
                     secret("user information in a callback_target").encode() + b'@[::1"}',
                     b'[{"platform":"nobody","event_type":"t","payload":' + person.encode() + b"}]"):
            yield service.request("POST", "/api/v1/events", body, {"Content-Type": "application/json"})
        bearer = {"Authorization": "Bearer " + secret("a key that is none")}
        yield service.request("GET", "/api/v1/events", headers=bearer)
        yield request("POST", service.push + "/api/v1/push/register", {"cid": "x", "name": person}, bearer)
        yield service.request("GET", "/api/v1/events?token=" + secret("query of the API"))
        yield service.request("GET", "/api/v1/nothing?token=" + secret("query of nothing"))
        yield service.callback(Notice("/in/nobody?token=" + secret("query of no source"), {}, person.encode()))


LOOKS = ["/api/v1/events", "/api/v1/attempts", "/api/v1/dead-letters", "/api/v1/endpoints", "/api/v1/ledger",
         "/api/v1/callbacks", "/api/v1/devices?user_id=u-1", "/api/v1/alerts", "/api/v1/audit", "/api/v1/replays", "/metrics",
         "/health", "/ready", "/"]


@pytest.mark.parametrize("channel", ["cloud-function", "getui", "supabase"])
def test_nothing_private_comes_out(start, tmp_path, channel):
    station = Station(start, tmp_path, channel)
    service, canaries = station.service, station.canaries
    station.callbacks()
    station.parcels()
    ids = station.events()
    for answer in station.refused_requests():
        canaries.check(f"an answer {answer.status}", answer.body + str(answer.headers).encode())
    for path in LOOKS:
        answer = service.request("GET", path)
        assert answer.status == 200, (path, answer.status, answer.body)
        canaries.check(path, answer.body)
    for event_id in ids:
        shown = service.request("GET", f"/api/v1/events/{event_id}").body
        canaries.check("GET /api/v1/events/{id}", shown, may_show_people=True)

    key = json.loads(service.command("--json", "keys", "create", "operator").stdout)
    canaries.secrets["an API key"] = key["key"]
    callback_id = str(service.callbacks(source="hub")[-1]["id"])
    notifications = service.request("GET", "/api/v1/notifications?user_id=u-1", headers={"Authorization": "Bearer " + key["key"]})
    canaries.check("/api/v1/notifications", notifications.body, may_show_people=True)
    bundle = tmp_path / "bundle.json"
    commands = [["config", "show"], ["--json", "config", "show"], ["config", "check"], ["status"], ["ledger"], ["endpoints"],
                ["events", "list"], ["attempts"], ["dead-letters"], ["callbacks", "list"], ["callbacks", "show", callback_id],
                ["keys", "list"], ["orders", "show", "T1"], ["waybills", "show", "SF-1"],
                ["devices", "list", "--user", "u-1"], ["notifications", "list"], ["doctor"], ["--json", "doctor"], ["audit"],
                ["alerts"], ["alerts", "--all"], ["retention", "status"], ["trace", "T1", "--bundle", str(bundle)],
                ["trace", ids[1], "--bundle", str(bundle)], ["trace", "SF-1"], ["export", "events"], ["export", "callbacks"],
                ["replay", ids[1], "--yes"], ["reload"], *(["events", "show", event_id, "--responses"] for event_id in ids)]
    for arguments in commands:
        done = service.command(*arguments, check=False)
        assert done.returncode != 2, done  # none is misspelt
        words = " ".join(word for word in arguments if not word.startswith("--"))
        canaries.check(f"yizhan {words}", done.stdout + done.stderr, may_show_people=words.startswith(MAY_SHOW_PEOPLE))
        if bundle.exists():
            canaries.check("the bundle", bundle.read_text())
            bundle.unlink()

    # A configuration that is wrong is refused with its problems, not with its values.
    broken = (service.directory / "yizhan.toml").read_text() + f"""
[sources.more]
kind = "stripe"
secret = "{canaries.secret('a secret beside a mistake')}"
colour = "{canaries.secret('an unknown setting')}"
[platforms.more]
base_url = "ftp://u:{canaries.secret('user information in a wrong URL')}@host"
ingress_secret = ["{canaries.secret('a secret of a wrong kind')}"]
"""
    (service.directory / "yizhan.toml").write_text(broken)
    for arguments in (["config", "check"], ["config", "show"], ["reload"], ["doctor"]):
        done = service.command(*arguments, check=False)
        canaries.check(f"yizhan {' '.join(arguments)} of a wrong configuration", done.stdout + done.stderr)
    assert service.stop() == 0
    log = service.log()
    for event in ("callback", "attempt", "dead_letter", "stopped"):
        assert f'"event":"{event}"' in log, event
    canaries.check("the log", log)
    check_documented(service.log_lines())


def test_a_store_s_password_is_shown_by_nothing(sqlite_service):
    canaries = Canaries()
    service = sqlite_service(store=f"postgresql://yizhan:{canaries.secret('store.url')}@127.0.0.1:1/yizhan")
    for arguments in (["config", "show"], ["--json", "config", "show"], ["config", "check"], ["status"], ["doctor"], ["ledger"],
                      ["migrate"], ["sql", "SELECT 1"], ["serve"]):
        done = service.command(*arguments, check=False)
        canaries.check(f"yizhan {' '.join(arguments)}", done.stdout + done.stderr)


def crash_where_cores_are_written(service):
    """Starts it with no limit on core files, in a folder of its own, and has it crash; what it said of itself before."""
    service.spawn(wrapper=("bash", "-c", 'ulimit -c unlimited && exec "$@"', "bash")).wait_ready()
    about = pathlib.Path(f"/proc/{service.process.pid}")
    limit = next(line for line in (about / "limits").read_text().splitlines() if line.startswith("Max core file size"))
    dumped = int((about / "coredump_filter").read_text(), 16)
    os.kill(service.process.pid, signal.SIGABRT)
    assert service.wait_dead() == -signal.SIGABRT
    return limit.split()[4:6], dumped


def test_a_crash_leaves_no_secret(sqlite_service):
    canaries = Canaries()
    service = sqlite_service(crm={"base_url": "http://127.0.0.1:1", "signing": "x-cs", "secret": canaries.secret("crm")})
    limit, dumped = crash_where_cores_are_written(service)
    # The system's core_pattern may name another folder, or a program, which need not keep to the limit.
    assert (limit, dumped) == (["0", "0"], 0)
    for file in service.directory.rglob("*"):
        assert not file.is_file() or canaries.secret("crm").encode() not in file.read_bytes(), f"{file} holds a secret"


def test_whoever_looks_for_the_cause_of_a_crash_gets_a_core_file(sqlite_service):
    service = sqlite_service(settings={"YIZHAN_CORE_FILES": "true"})
    limit, dumped = crash_where_cores_are_written(service)
    assert limit == ["unlimited", "unlimited"] and dumped != 0


def test_a_canary_that_is_printed_is_found():
    canaries = Canaries()
    secret = canaries.secret("one")
    for text in (f"token={secret}", secret.encode().hex(), json.dumps({"a": secret})):
        with pytest.raises(AssertionError, match="one"):
            canaries.check("this", text)
    canaries.check("this", "nothing of the kind")
