"""What goes wrong is told once, folded while it lasts, and called off when it is over; the heartbeat stops when it is not well."""

import datetime
import json
import sqlite3
import subprocess
import time

from harness.service import eventually, request
from harness.sink import Sink

FAST = {
    "YIZHAN_ALERTS_WATCH_SECONDS": "1",
    "YIZHAN_ALERTS_FAILURES_SECONDS": "2",
    "YIZHAN_ALERTS_CLEAR_SECONDS": "2",
    "YIZHAN_ALERTS_WINDOW_SECONDS": "600",
}


class Robot(Sink):
    """A webhook channel: keeps the alerts that it was sent, by cause."""

    def alerts(self, cause):
        return [each for each in map(json.loads, (call.body for call in self.callbacks)) if each["cause"] == cause]

    def wait_alerts(self, cause, states, timeout=60):
        """Until those are the states of the cause's first alerts; gives all of them."""
        self.wait(lambda robot: [each["state"] for each in robot.alerts(cause)][:len(states)] == states, timeout,
                  f"{states} of {cause}")
        return self.alerts(cause)

    def describe(self):
        return f"have {[(each['cause'], each['state']) for each in map(json.loads, (c.body for c in self.callbacks))]}"


def channel(robot, name="ops", **settings):
    prefix = f"YIZHAN_ALERT_CHANNEL_{name.upper()}_"
    return {prefix + "KIND": "webhook", prefix + "URL": robot.url + "/robot",
            **{prefix + setting.upper(): str(value) for setting, value in settings.items()}}


def crm(sink, **settings):
    return {"base_url": sink.url + "/hook", "jitter": 0, "poll_interval_ms": 100, "breaker_threshold": 0, **settings}


def raised(service, *arguments):
    done = service.command("--json", "alerts", *arguments, check=False)
    assert done.returncode in (0, 3), (done.returncode, done.stdout, done.stderr)
    return {each["cause"]: each for each in map(json.loads, done.stdout.splitlines())}


def test_a_failing_sink_is_one_alert_with_its_count_and_one_when_it_is_over(start):
    up = []
    sink = Sink(lambda callback, count: 200 if up else 500)
    robot = Robot()
    service = start(settings={**FAST, **channel(robot)},
                    crm=crm(sink, max_retries=50, retry_schedule_sec="0"))
    event_id = service.emit("crm", {"n": 1})
    cause = "failures:platform:crm"
    first = robot.wait_alerts(cause, ["raised"])[0]
    assert first["rule"] == "failures" and first["count"] >= 1
    facts = dict(first["facts"])
    assert facts["error_class"] == "http_5xx" and facts["example"] == event_id
    assert facts["next"] == f"yizhan trace {event_id}"
    up.append(True)
    service.command("replay", event_id)
    service.wait_status(event_id, "delivered")
    both = robot.wait_alerts(cause, ["raised", "cleared"])
    assert both[1]["id"] == first["id"]
    attempts = service.event(event_id)["attempts"]
    assert both[1]["count"] == sum(each["response_status"] == 500 for each in attempts), "each failure counts once"
    assert cause not in raised(service)
    assert raised(service, "--all")[cause]["state"] == "cleared"
    service.wait_logged("alert_cleared")
    said = [line["event"] for line in service.log_lines() if line.get("cause") == cause]
    assert said == ["alert_raised", "alert_cleared"]
    # The alert's own events are events like any other.
    eventually(lambda: service.rows(
        f"SELECT event_type, status FROM cs_platform_event_outbox WHERE platform = 'alert:ops' "
        f"AND correlation = '{first['id']}' ORDER BY created_at, id") == [
            ("alert.raised", "delivered"), ("alert.cleared", "delivered")], what="both to be delivered")
    story = service.command("trace", first["id"]).stdout
    assert "alert.raised" in story and "alert.cleared" in story


def test_while_it_lasts_one_alert_a_window(start):
    sink = Sink(lambda callback, count: 410)
    robot = Robot()
    service = start(settings={**FAST, "YIZHAN_ALERTS_WINDOW_SECONDS": "2", **channel(robot)}, crm=crm(sink))
    service.emit("crm", {"n": 1})
    cause = f"endpoint_disabled:crm {sink.url}/hook"  # fault 25
    robot.wait(lambda robot: len(robot.alerts(cause)) >= 3, 60, "three alerts of one episode")
    alerts = robot.alerts(cause)
    assert [each["state"] for each in alerts[:3]] == ["raised", "continues", "continues"]
    assert len({each["id"] for each in alerts}) == 1
    assert raised(service)[cause]["state"] == "raised"
    assert service.command("alerts", check=False).returncode == 3
    key = dict(alerts[0]["facts"])["next"].split()[-1]
    sink.respond = lambda callback, count: 200
    service.command("endpoints", "enable", key)
    robot.wait(lambda robot: robot.alerts(cause)[-1]["state"] == "cleared", 60, "the end")


def test_a_dead_letter_and_what_a_restart_leaves(start, services):
    sink = Sink(lambda callback, count: 400)
    robot = Robot()
    service = start(settings={**FAST, "YIZHAN_ALERTS_FAILURES_SECONDS": "600", **channel(robot)},
                    crm=crm(sink, max_retries=0))
    ids = [service.emit("crm", {"n": number}) for number in range(3)]
    for event_id in ids:
        service.wait_status(event_id, "dead_letter")
    cause = "dead_letter:crm"
    alert = robot.wait_alerts(cause, ["raised"])[0]
    assert dict(alert["facts"])["next"] == "yizhan dead-letters --platform crm"
    eventually(lambda: raised(service)[cause]["count"] == 3, what="all three counted")
    service.kill()
    service.start()
    # It is still the same trouble: another dead letter joins it, and nobody is told anew.
    service.wait_status(service.emit("crm", {"n": 4}), "dead_letter")
    eventually(lambda: raised(service)[cause]["count"] == 4, what="the fourth counted in the same episode")
    assert raised(service)[cause]["id"] == alert["id"]
    assert [each["state"] for each in robot.alerts(cause)] == ["raised"]


def test_killed_between_raising_and_telling_it_is_told_once(make_service):  # fault 5
    sink = Sink(lambda callback, count: 410)
    robot = Robot()
    service = make_service(settings={**FAST, **channel(robot)}, crm=crm(sink))
    service.start(fail_point="fold_alerts.before_commit:1")
    service.emit("crm", {"n": 1})
    service.wait_dead()
    assert raised(service, "--all") == {}, "neither the alert nor its event"
    assert service.rows("SELECT id FROM cs_platform_event_outbox WHERE platform = 'alert:ops'") == []
    service.start()
    cause = f"endpoint_disabled:crm {sink.url}/hook"
    robot.wait_alerts(cause, ["raised"])
    assert len(service.rows("SELECT id FROM cs_platform_event_outbox WHERE platform = 'alert:ops' AND "
                            f"correlation = '{raised(service)[cause]['id']}'")) == 1


def test_a_channel_that_fails_makes_no_alert_of_itself(start):
    sink = Sink(lambda callback, count: 400)
    refusing = Robot(lambda callback, count: 400)
    gone = Robot(lambda callback, count: 410)
    service = start(settings={**FAST, **channel(refusing, "refusing", max_retries=0), **channel(gone, "gone")},
                    crm=crm(sink, max_retries=0))
    service.wait_status(service.emit("crm", {"n": 1}), "dead_letter")
    refusing.wait_alerts("dead_letter:crm", ["raised"])
    gone.wait_count(1)
    eventually(lambda: '"alert_undelivered"' in service.log(), what="the log to say so")
    # Every alert of the platform is over, whatever came of telling it: looks enough to see the channels fail.
    eventually(lambda: {cause: each["state"] for cause, each in raised(service, "--all").items()} == {
        "dead_letter:crm": "cleared", "failures:platform:crm": "cleared"}, what="everything to be over")
    letters = json.loads(service.command("--json", "dead-letters", "--platform", "alert:refusing").stdout.splitlines()[0])
    assert letters["platform"] == "alert:refusing"


def test_without_a_channel_alerts_are_recorded_and_listed(start):
    sink = Sink(lambda callback, count: 400)
    # None is over while the test looks.
    service = start(settings={**FAST, "YIZHAN_ALERTS_FAILURES_SECONDS": "600"}, crm=crm(sink, max_retries=0))
    service.wait_status(service.emit("crm", {"n": 1}), "dead_letter")
    eventually(lambda: {"dead_letter:crm", "failures:platform:crm"} <= set(raised(service)), what="the alerts")
    assert service.rows("SELECT count(*) FROM cs_platform_event_outbox WHERE platform LIKE 'alert:%'") in ([("0",)], [(0,)])
    answer = service.request("GET", "/api/v1/alerts").json()["alerts"]
    assert {each["cause"] for each in answer} >= {"dead_letter:crm", "failures:platform:crm"}
    metrics = eventually(lambda: (text := service.request("GET", "/metrics").body.decode())
                         and 'yizhan_alerts_raised{rule="dead_letter"} 1' in text and text, what="the metric")
    assert "yizhan_alert_events_total 0" in metrics
    assert service.request("GET", "/api/v1/alerts?all=maybe").status == 400


def test_a_test_alert_goes_through_the_outbox(start):
    robot = Robot()
    broken = Robot(lambda callback, count: 400)
    service = start(settings={**FAST, **channel(robot), **channel(broken, "broken", max_retries=0)})
    done = service.command("alerts", "test", "ops")
    assert "alert:ops  delivered" in done.stdout
    assert robot.alerts("test:operator")[0]["rule"] == "test"
    refused = service.command("alerts", "test", check=False)
    assert refused.returncode == 1 and "alert:broken" in refused.stdout and "yizhan trace" in refused.stdout
    assert service.command("alerts", "test", "nobody", check=False).returncode == 5


def test_two_nodes_tell_once(new_postgres_database, services):
    sink = Sink(lambda callback, count: 410)
    robot = Robot()
    store = new_postgres_database()
    nodes = [services(store=store, settings={**FAST, **channel(robot)}, crm=crm(sink)) for _ in range(2)]
    for node in nodes:
        node.start()
    nodes[0].emit("crm", {"n": 1})
    cause = f"endpoint_disabled:crm {sink.url}/hook"
    robot.wait_alerts(cause, ["raised"])
    eventually(lambda: any(node.log_lines("alert_raised") for node in nodes), what="one of them to log it")
    key = dict(robot.alerts(cause)[0]["facts"])["next"].split()[-1]
    sink.respond = lambda callback, count: 200
    nodes[1].command("endpoints", "enable", key)
    robot.wait_alerts(cause, ["raised", "cleared"])


def test_a_rejected_callback_is_told_and_wechat_pays_trial_is_not(start, tmp_path):
    key, public = tmp_path / "key.pem", tmp_path / "public.pem"
    for arguments in (["genrsa", "-out", key, "2048"], ["rsa", "-in", key, "-pubout", "-out", public]):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)
    robot = Robot()
    service = start(
        settings={**FAST, **channel(robot)},
        config=f"""
[sources.wx]
kind = "wxpay"
mch_id = "1900000109"
api_v3_key = "{'k' * 32}"
public_key_file = "{public}"
public_key_id = "PUB_KEY_ID_1"
""")

    def send(signature):
        headers = {"Wechatpay-Timestamp": str(int(time.time())), "Wechatpay-Nonce": "n", "Wechatpay-Serial": "PUB_KEY_ID_1",
                   "Wechatpay-Signature": signature}
        return request("POST", service.receive + "/notify/wxpay/wx", b"{}", headers).status

    assert [send("WECHATPAY/SIGNTEST/" + "A" * 300) for _ in range(3)] == [401] * 3
    assert send("A" * 344) == 401
    cause = "failures:source:wx"
    alert = robot.wait_alerts(cause, ["raised"])[0]
    assert alert["count"] == 1, "trials with a wrong signature are meant to be refused"
    assert dict(alert["facts"])["next"] == "yizhan callbacks list --source wx --verdict rejected"
    robot.wait_alerts(cause, ["raised", "cleared"])


def test_the_heartbeat_is_called_while_all_is_well_and_stops_when_it_is_not(sqlite_service, tmp_path):
    listener = Sink()
    service = sqlite_service(crm={"base_url": listener.url}, settings={"YIZHAN_ALERTS_HEARTBEAT_SECONDS": "1",
                                       "YIZHAN_ALERTS_HEARTBEAT_URL": listener.url + "/ping/secret-uuid"}).start()
    # Another service beats at the same pace: it tells that time goes by.
    witness = Sink()
    sqlite_service(f"sqlite:{tmp_path}/witness.db",
                   settings={"YIZHAN_ALERTS_HEARTBEAT_SECONDS": "1", "YIZHAN_ALERTS_HEARTBEAT_URL": witness.url}).start()
    listener.wait_count(2)
    assert all(call.method == "GET" and call.path == "/ping/secret-uuid" for call in listener.callbacks)

    def said(event):
        line = service.wait_logged(event)[0]
        return datetime.datetime.fromisoformat(line["time"].replace("Z", "+00:00")).timestamp()

    # Somebody else holds the database: no commit goes through.
    other = sqlite3.connect(tmp_path / "yizhan.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    service.request("POST", "/api/v1/events", {"platform": "crm", "event_type": "t", "payload": 1}, timeout=60)
    withheld = said("heartbeat_withheld")
    witness.wait_count(len(witness.callbacks) + 4)
    other.execute("ROLLBACK")
    other.close()
    resumed = said("heartbeat_resumed")
    listener.wait(lambda each: each.callbacks[-1].at > resumed, what="a call after that")
    # Each beat ends with its answer: none is on its way when the next one is withheld.
    assert not [call for call in listener.callbacks if withheld < call.at < resumed]
    assert "secret-uuid" not in service.log()
