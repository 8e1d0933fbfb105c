"""/metrics of the real binary: as documented, bounded, and enough for the dashboard and the alert rules."""

import json
import pathlib
import re
import shutil
import subprocess

from harness.senders import Notice, code_host, hub_source
from harness.service import eventually
from harness.sink import Sink

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy/prometheus/alerts.yml"
DASHBOARD = ROOT / "deploy/grafana/yizhan.json"
SECRET = "hook-secret"
ROUTE = """
[[routes]]
source = "hub"
platform = "crm"
"""


def scrape(service):
    return service.request("GET", "/metrics").body.decode()


def samples(text):
    """{(name, labels as written): value}"""
    found = re.findall(r"^([a-z_]+)(?:\{(.*)\})? (\S+)$", text, re.M)
    return {(name, labels): float(value) for name, labels, value in found}


def promtool(*arguments, **options):
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False, **options)


def busy_service(start):
    """One that has delivered, failed, rejected, and met a platform that nobody configured."""
    sink = Sink(lambda callback, count: 500 if callback.path == "/bad" else 200)
    service = start(config=hub_source(SECRET) + ROUTE,
                    crm={"base_url": sink.url, "max_retries": 0},
                    gone={"base_url": "http://127.0.0.1:1", "breaker_threshold": 1})
    service.wait_status(service.emit("crm", {"n": 1}), "delivered")
    service.wait_status(service.emit("crm", {"n": 2}, callback_target="/bad"), "dead_letter")
    assert service.callback(code_host("hub", SECRET, "d-1", "push", {})).status == 200
    assert service.callback(code_host("hub", "wrong", "d-2", "push", {})).status in (400, 401)
    service.wait_status(service.emit("gone", {"n": 3}), "retrying")
    for number in range(20):
        service.sql("INSERT INTO cs_platform_event_outbox (id, platform, event_type, payload) "
                    f"VALUES ('s-{number}', 'stranger-{number}', 't', '1')")
    service.sql("INSERT INTO cs_platform_event_outbox (id, platform, event_type, payload) "
                "VALUES ('s-alert', 'alert:stranger', 't', '1')")
    service.callback(Notice("/in/stranger-source", {}, b"{}"))
    return service


def test_figures_are_there_by_platform_source_and_state(start):
    service = busy_service(start)
    now = eventually(lambda: (lambda all: all if all.get(("yizhan_delivered_total", 'platform="crm"')) == 2 else None)(
        samples(scrape(service))), what="the routed callback to be delivered")
    assert now[("yizhan_dead_letters_total", 'platform="crm"')] == 1
    assert now[("yizhan_attempts_total", 'platform="crm",class="none"')] == 2
    assert now[("yizhan_attempts_total", 'platform="crm",class="http_5xx"')] == 1
    assert now[("yizhan_attempts_total", 'platform="gone",class="connect"')] >= 1
    assert now[("yizhan_delivery_lag_seconds_count", 'platform="crm"')] == 2
    assert now[("yizhan_callbacks_total", 'source="hub",verdict="accepted"')] == 1
    assert now[("yizhan_callbacks_total", 'source="hub",verdict="rejected"')] == 1
    assert now[("yizhan_callback_answer_seconds_count", 'source="hub"')] == 1
    assert now[("yizhan_store_commit_seconds_count", "")] == now[("yizhan_store_commits_total", "")] > 0
    assert now[("yizhan_store_commit_items_sum", "")] >= 4
    breakers = {state: now[("yizhan_endpoints_by_breaker", f'platform="gone",state="{state}"')]
                for state in ("closed", "open", "half_open")}
    assert sum(breakers.values()) == now[("yizhan_endpoints", 'platform="gone"')] == 1


def test_strangers_add_no_series(start):
    service = busy_service(start)
    before = scrape(service)
    assert "stranger" not in before, before
    ledger = eventually(lambda: [value for (name, labels), value in samples(scrape(service)).items()
                                 if (name, labels) == ("yizhan_ledger_events", 'platform="other",state="accepted"') and value == 21],
                        what="the strangers' events to be counted together")
    assert ledger == [21]


def test_what_is_scraped_is_what_is_documented(start):
    text = scrape(busy_service(start))
    done = promtool("check", "metrics", input=text)
    # Prometheus' own names for a process are not ours to judge.
    complaints = [line for line in (done.stdout + done.stderr).splitlines() if "process_" not in line]
    assert not complaints, complaints
    document = {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in re.findall(
        r"^\| `(\w+)` \| (\w+) \| ([^|]*) \|", (ROOT / "docs/metrics.md").read_text(), re.M)}
    kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
    assert kinds == {name: kind for name, (kind, _) in document.items()}
    for name, labels in samples(text):
        family = re.sub(r"_(bucket|sum|count)$", "", name) if name not in document else name
        used = set(re.findall(r'(\w+)="', labels)) - {"le"}
        assert used == document[family][1], (name, labels)


def test_the_dashboard_and_the_rules_name_what_there_is(start, tmp_path):
    kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", scrape(start()), re.M))
    names = set(kinds)
    for name, kind in kinds.items():
        if kind == "histogram":
            names |= {name + "_bucket", name + "_sum", name + "_count"}
    dashboard = json.loads(DASHBOARD.read_text())
    titles = [panel["title"] for panel in dashboard["panels"] if panel["type"] == "row"]
    assert titles == ["Overview", "Receiving", "Delivering", "Endpoints", "Store", "Push", "Ledger", "Alerts"]
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    assert len(expressions) > 40
    for text in (*expressions, re.sub(r"#.*", "", RULES.read_text())):
        used = set(re.findall(r"\b(?:yizhan|process)_\w+", text)) - {"yizhan_build_info"}
        assert used <= names, used - names
    # Each expression can be read: as the rules of a file of their own.
    as_rules = {"groups": [{"name": "panels", "rules": [
        {"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "5m").replace("$instance", ".*")}
        for number, expression in enumerate(expressions)]}]}
    (tmp_path / "panels.yml").write_text(json.dumps(as_rules))
    for path in (tmp_path / "panels.yml", RULES):
        checked = promtool("check", "rules", str(path))
        assert checked.returncode == 0, (checked.stdout, checked.stderr)


def test_the_rules_fire_when_they_should(tmp_path):
    shutil.copy(RULES, tmp_path / "alerts.yml")
    shutil.copy(pathlib.Path(__file__).with_name("prometheus_rules.yml"), tmp_path / "tests.yml")
    done = promtool("test", "rules", "tests.yml", cwd=tmp_path)
    assert done.returncode == 0, (done.stdout, done.stderr)
