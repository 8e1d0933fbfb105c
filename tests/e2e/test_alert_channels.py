"""Alerts reach the channels, are tried again and given up as the channels' own codes say, and give no secret away: on both
stores. Signatures are checked by other people's code in tests/interop."""

import json

import pytest

from harness.robots import REFUSED, Robots
from harness.service import eventually

SECRETS = {
    "token": "canary-token-0123456789",
    "secret": "canary-secret-0123456789",
    "url": "canary-in-the-url-0123456789",
    "key": "canary-access-key-secret-0123456789",
}


def channels(robots, **more):
    """Variables for a channel of each kind, named as the kind."""
    settings = {
        "dingtalk": {"url": robots.url + "/robot/send", "token": SECRETS["token"], "secret": SECRETS["secret"]},
        "feishu": {"url": robots.url + "/open-apis/bot/v2/hook", "token": SECRETS["token"], "secret": SECRETS["secret"]},
        "wecom": {"url": f"{robots.url}/cgi-bin/webhook/send?key={SECRETS['url']}"},
        "sms": {"url": robots.url + "/sms", "access_key_id": "LTAI1", "access_key_secret": SECRETS["key"],
                "phone_numbers": "13800000000", "sign_name": "驿站", "template_code": "SMS_1"},
        "webhook": {"url": f"{robots.url}/hook/{SECRETS['url']}?key={SECRETS['token']}", "signing": "x-cs",
                    "secret": SECRETS["secret"]},
    }
    fast = {"retry_schedule_sec": "0", "rate_per_minute": 0, "throttled_pause_sec": 1, "max_retries": 2, **more}
    return {
        f"YIZHAN_ALERT_CHANNEL_{kind.upper()}_{name.upper()}": str(value)
        for kind, own in settings.items() for name, value in {**own, **fast}.items()
    }


def alert(n=1, **fields):
    return {"id": f"episode-{n}", "cause": "dead_letter:crm", "rule": "dead_letter", "subject": "crm", "state": "raised",
            "title": f"{n} events for crm became dead letters", "facts": [["next", "yizhan dead-letters --platform crm"]],
            "count": n, "raised_at": "2026-02-06T08:30:00Z", "at": "2026-02-06T08:30:00Z", **fields}


def raise_alert(service, channel, n=1, **fields):
    return service.emit(f"alert:{channel}", alert(n, **fields), event_type="alert.raised")


def classes(event):
    return [each["error_class"] for each in event["attempts"]]


def test_an_alert_reaches_every_kind_of_channel(start):
    robots = Robots()
    service = start(settings=channels(robots))
    for kind in ("dingtalk", "feishu", "wecom", "sms", "webhook"):
        event_id = raise_alert(service, kind)
        event = service.wait_status(event_id, "delivered")
        assert event["attempt_count"] == 1, kind
        assert len(robots.of(kind)) == 1
    assert "3 events" not in json.dumps(robots.of("dingtalk")[0].json)
    assert "1 events for crm became dead letters" in robots.of("dingtalk")[0].json["markdown"]["title"]
    assert robots.of("webhook")[0].json["cause"] == "dead_letter:crm"
    assert robots.of("sms")[0].query["OutId"] == event_ids(service, "alert:sms")[0]
    assert service.ledger_total()["delivered"] == 5


def event_ids(service, platform):
    return [row[0] for row in service.rows(f"SELECT id FROM cs_platform_event_outbox WHERE platform = '{platform}'")]


@pytest.mark.parametrize("kind", ["dingtalk", "feishu", "wecom", "sms"])
def test_too_fast_is_tried_again_later_however_often(sqlite_service, kind):
    robots = Robots(lambda kind, nth: "success" if nth > 3 else "throttled")
    service = sqlite_service(settings=channels(robots, throttled_pause_sec=2)).start()
    event = service.wait_status(raise_alert(service, kind), "delivered")
    # More than max_retries: patience that is asked for gives nothing up. And the channel is left alone for its pause.
    assert classes(event) == ["alert_throttled"] * 3 + [None]
    calls = robots.of(kind)
    assert all(later.at - earlier.at >= 1.9 for earlier, later in zip(calls, calls[1:]))


@pytest.mark.parametrize("kind", ["dingtalk", "feishu", "wecom", "sms"])
def test_what_is_refused_for_good_is_a_dead_letter_that_says_what_to_do(sqlite_service, kind):
    robots = Robots(lambda kind, nth: "refused")
    service = sqlite_service(settings=channels(robots)).start()
    event_id = raise_alert(service, kind)
    event = service.wait_status(event_id, "dead_letter")
    assert classes(event) == ["alert_refused"]
    code = next(str(REFUSED[kind][name]) for name in ("errcode", "code", "Code") if name in REFUSED[kind])
    assert code in event["attempts"][0]["error_message"]
    assert "Check" in event["attempts"][0]["error_message"]
    assert "alert_channels" in service.command("trace", event_id).stdout
    # Mended and replayed, it goes out.
    robots.behave = lambda kind, nth: "success"
    service.command("replay", event_id, "--yes")
    assert service.wait_status(event_id, "delivered")["attempt_count"] >= 1


@pytest.mark.parametrize("kind, said, error_class", [
    ("dingtalk", 503, "http_5xx"), ("wecom", (200, {}, b"<html>welcome</html>"), "alert_failed"),
    ("feishu", "close", "connect"), ("webhook", 500, "http_5xx"),
])
def test_what_passes_is_tried_again(sqlite_service, kind, said, error_class):
    robots = Robots(lambda kind, nth: said if nth == 1 else "success")
    service = sqlite_service(settings=channels(robots)).start()
    event = service.wait_status(raise_alert(service, kind), "delivered")
    assert classes(event) == [error_class, None]


def test_fault_25_a_webhook_that_is_gone_is_disabled_and_its_alerts_wait(sqlite_service):
    robots = Robots(lambda kind, nth: 410)
    service = sqlite_service(settings=channels(robots)).start()
    event = service.wait_status(raise_alert(service, "webhook"), "retrying")
    assert classes(event) == ["http_4xx"]
    endpoints = service.request("GET", "/api/v1/endpoints").body.decode()
    assert "alert:webhook" in endpoints and SECRETS["url"] not in endpoints


def test_a_burst_does_not_have_the_robot_muted(sqlite_service):
    # 20 in two seconds instead of a minute, and the default's 18 in as long.
    robots = Robots(mute=(20, 2.0))
    service = sqlite_service(settings=channels(robots, rate_per_minute=18 * 30)).start()
    ids = [raise_alert(service, "dingtalk", n) for n in range(1, 101)]
    robots.wait_calls("dingtalk", 100, timeout=60.0)
    for event_id in ids:
        service.wait_status(event_id, "delivered")
    assert not robots.muted
    assert len(robots.calls) == 100


def test_a_channel_that_hangs_costs_the_others_nothing(sqlite_service):
    robots = Robots(lambda kind, nth: "hang" if kind == "feishu" else "success")
    service = sqlite_service(settings=channels(robots, timeout_ms=300000)).start()
    hanging = raise_alert(service, "feishu")
    robots.wait_calls("feishu", 1)
    for n in range(1, 6):
        service.wait_status(raise_alert(service, "wecom", n), "delivered")
    assert service.event(hanging)["attempts"] == [], "it hangs as before"
    assert len(robots.of("feishu")) == 1, "one in flight at a time"


def test_alerts_for_a_channel_that_is_not_there_wait_for_it(sqlite_service):
    robots = Robots()
    settings = channels(robots)
    first = sqlite_service().start()
    event_id = raise_alert(first, "wecom")
    assert first.event(event_id)["status"] == "pending"
    first.stop()
    second = sqlite_service(settings=settings).start()
    # It is looked at now and then; a hand edit is noticed at once.
    second.sql("UPDATE cs_platform_event_outbox SET next_attempt_at = NOW()")
    assert second.wait_status(event_id, "delivered")["attempt_count"] == 1


def test_a_reload_brings_a_channel_and_changes_another(sqlite_service, tmp_path):
    robots = Robots()
    file = tmp_path / "yizhan.toml"

    def wecom(key, more=""):
        file.write_text(f'[alert_channels.wecom]\nurl = "{robots.url}/cgi-bin/webhook/send"\ntoken = "{key}"\n{more}')

    wecom("key-1")
    service = sqlite_service(settings={"YIZHAN_CONFIG": str(file)}).start()
    service.wait_status(raise_alert(service, "wecom", 1), "delivered")
    wecom("key-2", f'[alert_channels.hook]\nkind = "webhook"\nurl = "{robots.url}/hook"\n')
    assert "alert_channels.hook" in service.command("reload").stdout
    service.wait_status(raise_alert(service, "wecom", 2), "delivered")
    service.wait_status(raise_alert(service, "hook", 3), "delivered")
    assert [call.query["key"] for call in robots.of("wecom")] == ["key-1", "key-2"]


def test_an_alert_by_sql_arrives(start):
    """As the watch of another node hands it over: a row, without an endpoint."""
    robots = Robots()
    service = start(settings=channels(robots))
    payload = json.dumps(alert()).replace("'", "''")
    service.sql("INSERT INTO cs_platform_event_outbox (id, platform, event_type, callback_target, payload) VALUES "
                f"('0197aabb-ccdd-7eef-8123-456789abcdef', 'alert:wecom', 'alert.raised', '', '{payload}')")
    service.wait_status("0197aabb-ccdd-7eef-8123-456789abcdef", "delivered")
    robots.wait_calls("wecom", 1)


def test_what_is_no_alert_is_refused(sqlite_service):
    service = sqlite_service(settings=channels(Robots())).start()
    event = service.wait_status(service.emit("alert:wecom", {"hello": "world"}), "dead_letter")
    assert classes(event) == ["alert_refused"]
    assert "payload_invalid" in event["attempts"][0]["error_message"]


def test_fault_40_no_secret_of_a_channel_is_shown(sqlite_service):
    robots = Robots(lambda kind, nth: "echo" if kind != "webhook" else (400, {}, json.dumps({**SECRETS, "key": ""}).encode()))
    service = sqlite_service(settings={**channels(robots), "YIZHAN_LOG_LEVEL": "debug"}).start()
    shown = []
    for kind in ("dingtalk", "feishu", "wecom", "sms", "webhook"):
        event_id = raise_alert(service, kind)
        service.wait_status(event_id, "dead_letter")
        shown += [json.dumps(service.event(event_id)), service.command("trace", event_id).stdout,
                  service.command("events", "show", event_id, "--responses").stdout]
    for path in ("/api/v1/endpoints", "/api/v1/events", "/api/v1/dead-letters", "/metrics"):
        answer = service.request("GET", path)
        assert answer.status == 200, path
        shown.append(answer.body.decode())
    shown += [service.command(*words).stdout for words in (
        ("endpoints", "list"), ("--json", "endpoints", "list"), ("config", "show"), ("--json", "config", "show"),
        ("dead-letters",))]
    shown.append(json.dumps(service.rows("SELECT * FROM cs_platform_event_delivery_attempts")))
    shown.append(json.dumps(service.rows("SELECT * FROM cs_platform_event_outbox")))
    eventually(lambda: "dead_letter" in service.log(), what="the log")
    shown.append(service.log())
    assert any("***" in text for text in shown), "the robots did repeat what they were sent"
    for text in shown:
        for secret in SECRETS.values():
            assert secret not in text, text[:2000]


def test_what_a_channel_lacks_is_said_at_the_start(sqlite_service):
    service = sqlite_service(settings={"YIZHAN_ALERT_CHANNEL_OPS_KIND": "mail", "YIZHAN_ALERT_CHANNEL_OPS_HOST": "h"})
    service.spawn()
    assert service.wait_dead() != 0
    log = service.log()
    assert "config_value_invalid" in log
    assert "alert_channels.ops.from" in log and "alert_channels.ops.to" in log


def test_an_operator_tries_a_channel(sqlite_service):
    robots = Robots(lambda kind, nth: "refused" if kind == "feishu" else "success")
    service = sqlite_service(settings=channels(robots)).start()
    assert "delivered" in service.command("alerts", "test", "wecom").stdout
    assert "Yizhan test alert" in robots.of("wecom")[0].json["markdown"]["content"]
    refused = service.command("alerts", "test", "feishu", check=False)
    assert refused.returncode != 0
    assert "19021" in refused.stdout + refused.stderr
