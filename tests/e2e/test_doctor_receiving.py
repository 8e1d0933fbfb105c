"""`yizhan doctor` and what comes in: sources whose callbacks fail, or stay away; what keeps people from being told."""

import time

import pytest

from harness.cloud_function import CloudFunction
from harness.doctor import examine
from harness.json_web_token import make_token
from harness.parcels import (
    PUSH_TOKEN,
    add_parcel,
    carrier_says,
    register,
    seed_variables,
    wait_notifications,
    wait_queue,
)
from harness.postgrest import Postgrest
from harness.senders import code_host, hub_source, platform_message, wxpay_v2
from harness.service import eventually
from harness.sink import Sink

TIME = "2026-02-06T08:30:00Z"
SECRET = "the-secret-that-both-have"
YEAR = 365 * 86400


def test_a_source_whose_secret_does_not_match(start):
    service = start(config=hub_source(SECRET))
    for n in range(2):
        assert service.callback(code_host("hub", SECRET, f"good-{n}", "push", {"n": n})).status == 200
    for n in range(2):
        assert service.callback(code_host("hub", "another", f"bad-{n}", "push", {"n": n})).status in (400, 401, 403)
    eventually(lambda: len(service.callbacks(verdict="rejected")) == 2)
    assert examine(service, "sources").codes == [], "two may be a stranger's"
    service.callback(code_host("hub", "another", "bad-2", "push", {}))
    eventually(lambda: len(service.callbacks(verdict="rejected")) == 3)
    found = examine(service, "sources")
    finding = found.one("source_signature_refused")
    assert finding["subject"] == "hub"
    assert finding["evidence"].startswith("Its last 3 callbacks were rejected, the newest as signature_mismatch; ")
    assert "yizhan callbacks list --source hub --verdict rejected" in finding["mend"]
    assert service.callback(code_host("hub", SECRET, "good-2", "push", {})).status == 200
    assert examine(service, "sources").codes == [], "a valid one came: it is mended"


def test_a_source_whose_clock_differs(start):
    service = start(settings={"YIZHAN_PLATFORM_CRM_INGRESS_SECRET": SECRET}, crm={"base_url": Sink().url})
    for n in range(3):
        service.callback(platform_message("crm", SECRET, int(time.time()) - 3600, f"m-{n}", "hello"))
    eventually(lambda: len(service.callbacks(verdict="rejected")) == 3)
    finding = examine(service, "sources").one("source_clock_differs")
    assert "timestamp_out_of_tolerance" in finding["evidence"]
    assert "timedatectl" in finding["mend"]


def test_a_source_whose_callbacks_fit_nothing(start):
    """Well signed, and of payments that nobody has asked for."""
    service = start(config=f'[sources.wxpay]\naccount = "shop"\nsecret = "{SECRET}"\nmch_id = "1900000109"\n')
    for n in range(3):
        service.callback(wxpay_v2("shop", SECRET, f"T{n}", 100, f"420000000{n}"))
    eventually(lambda: len(service.callbacks(verdict="rejected")) == 3)
    found = examine(service, "sources")
    assert found.codes == ["source_rejected"]
    finding = found.one("source_rejected")
    assert (finding["subject"], finding["weight"]) == ("wxpay", "trouble")
    assert finding["evidence"] == ("Its last 3 callbacks were rejected, the newest as order_unknown; there was no valid "
                                   "one before.")
    assert "yizhan callbacks list --source wxpay --verdict rejected" in finding["mend"]


def test_a_source_that_has_fallen_silent(start):
    service = start(config=hub_source(SECRET))
    for n in range(12):
        assert service.callback(code_host("hub", SECRET, f"k-{n}", "push", {"n": n})).status == 200
    assert examine(service, "sources").codes == []
    two_hours_ago = {"sqlite": "received_at - 7200000000", "postgresql": "received_at - interval '2 hours'"}
    service.sql("UPDATE inbound_callbacks SET received_at = " + two_hours_ago[service.store.split(":")[0]])
    finding = examine(service, "sources").one("source_silent")
    assert finding["subject"] == "hub"
    assert "Its last valid callback came 2 h ago; between its newest 12" in finding["evidence"]


@pytest.fixture
def cloud():
    return CloudFunction(token=PUSH_TOKEN)


@pytest.fixture
def begin(start, cloud):
    """A service whose orders are at a PostgREST, with one parcel of one order there."""

    def begin_with(supabase, **variables):
        supabase.add_order("order-1", "u-1", "m-1")
        settings = seed_variables(cloud, SUPA_URL=supabase.url, SUPA_KEY=supabase.service_role_key)
        service = start(settings={**settings, **variables})
        add_parcel(service, "YT1", order_id="order-1")
        return service

    return begin_with


def test_row_level_security_hides_the_order(begin):
    """Section 1 of the seed's troubleshooting."""
    service = begin(Postgrest())
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    wait_queue(service, "failed")
    finding = examine(service, "notify").one("order_hidden_by_rls")
    assert "NOTIFY_WORKER_SUPA_USE_BEARER=true" in finding["mend"]
    assert "NOTIFY_WORKER_USE_RLS_SAFE_RPC=true" in finding["mend"]


def test_a_key_that_does_not_match_its_secret(begin):
    """Section 4: PGRST301. What was seen, and, where the secret is known here, the reason before anything is sent."""
    supabase = Postgrest()
    wrong = make_token("quite-another-secret-of-more-than-32-characters", "service_role", life_seconds=YEAR)
    supabase.keys.add(wrong)
    service = begin(supabase, SUPA_KEY=wrong, NOTIFY_WORKER_SUPA_USE_BEARER="true", JWT_SECRET=supabase.jwt_secret)
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    wait_queue(service, "failed")
    found = examine(service, "notify", "keys")
    assert found.codes == ["jwt_not_decoded", "supa_key_mismatch"]
    assert "PGRST301" in found.one("supa_key_mismatch")["evidence"]
    assert "yizhan keys verify" in found.one("jwt_not_decoded")["mend"]
    assert wrong not in found.text and supabase.jwt_secret not in found.text


@pytest.mark.parametrize("token, code, weight, evidence", [
    ({"role": "anon", "life_seconds": YEAR}, "supa_key_role_insufficient", "trouble", "its role is 'anon'"),
    ({"role": "service_role", "life_seconds": -60}, "supa_key_expired", "trouble", " ago."),
    ({"role": "service_role", "life_seconds": 86400}, "supa_key_expires_soon", "warning", ", in "),
])
def test_a_key_that_will_not_do(sqlite_service, token, code, weight, evidence):
    supabase = Postgrest()
    service = sqlite_service(settings={"SUPA_URL": supabase.url, "SUPA_KEY": make_token(supabase.jwt_secret, **token),
                                       "NOTIFY_WORKER_SUPA_USE_BEARER": "true", "JWT_SECRET": supabase.jwt_secret})
    found = examine(service, "keys")
    assert found.codes == [code]
    finding = found.one(code)
    assert (finding["subject"], finding["weight"]) == ("notify.supa_key", weight)
    assert evidence in finding["evidence"]
    assert "yizhan keys generate" in finding["mend"]


def test_a_secret_that_is_short_and_a_key_that_is_none(sqlite_service):
    service = sqlite_service(settings={"SUPA_URL": "http://127.0.0.1:1", "SUPA_KEY": "no-token-at-all",
                                       "NOTIFY_WORKER_SUPA_USE_BEARER": "true", "JWT_SECRET": "short-one"})
    found = examine(service, "keys")
    assert found.codes == ["supa_key_malformed", "jwt_secret_short"]
    malformed, short = found.one("supa_key_malformed"), found.one("jwt_secret_short")
    assert (malformed["subject"], malformed["weight"]) == ("notify.supa_key", "trouble")
    assert "yizhan keys generate" in malformed["mend"]
    assert (short["subject"], short["weight"]) == ("push.jwt_secret", "warning")
    assert short["evidence"] == "It has 9 bytes; HS256 asks for 32."
    assert "short-one" not in found.text and "no-token-at-all" not in found.text


@pytest.mark.parametrize("fault, code, subject, mends", [
    ("PGRST303", "jwt_expired", "jwt_expired", "then set SUPA_KEY"),
    ("42P10", "on_conflict_unmatched", "on_conflict_unmatched", "CREATE UNIQUE INDEX"),
    ("23505", "notify_failed", "duplicate_key", "then set process_status to NULL"),
])
def test_what_postgrest_answers_is_told_apart(begin, fault, code, subject, mends):
    """Sections 2 and 4 of the seed's troubleshooting, and what has no section."""
    supabase = Postgrest()
    supabase.fault = fault
    service = begin(supabase, NOTIFY_WORKER_SUPA_USE_BEARER="true")
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    wait_queue(service, "failed")
    found = examine(service, "notify")
    assert found.codes == [code]
    finding = found.one(code)
    assert (finding["subject"], finding["weight"]) == (subject, "trouble")
    assert finding["evidence"].startswith("1 row of notify_queue failed. ") and f"{subject}: " in finding["evidence"]
    assert mends in finding["mend"]
    # It is history as soon as the row has gone its way.
    supabase.fault = None
    service.sql("UPDATE notify_queue SET process_status = NULL")
    wait_queue(service, "queued")
    assert code not in examine(service, "notify").codes


def test_postgrest_cannot_reach_its_database(begin):
    """Section 4.1: 503 PGRST002, which is not row-level security."""
    supabase = Postgrest()
    supabase.fault = "PGRST002"
    service = begin(supabase)
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    eventually(lambda: service.rows("SELECT count(*) FROM notify_queue WHERE last_error IS NOT NULL") == [("1",)])
    finding = examine(service, "notify").one("postgrest_unwell")
    assert "schema_cache_unavailable" in finding["evidence"]
    assert "go on by themselves" in finding["mend"]


def test_nobody_has_registered_a_device_and_an_order_has_no_merchant(start, cloud):
    """Section 6: merchant, no-targets, no active devices."""
    service = start(settings=seed_variables(cloud))
    add_parcel(service, "YT1", "u-1", "m-1")
    add_parcel(service, "YT2", "u-2")
    register(service, "cid-1", user_id="u-1")
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    carrier_says(service, "YT2", "IN_TRANSIT", TIME, event_text="on its way")
    wait_notifications(service, "success", tracking_no="YT1", aud="user")
    eventually(lambda: service.rows("SELECT count(*) FROM express_notifications WHERE waits_until IS NOT NULL") == [("2",)])
    found = examine(service, "notify")
    assert found.codes == ["devices_missing", "merchant_missing"]
    assert found.one("devices_missing")["evidence"].startswith("2 of the last notifications found no active device")
    assert "merchant_id" in found.one("devices_missing")["mend"]
    assert found.one("merchant_missing")["subject"] == "order-YT2"
    assert found.one("tracking_text_empty")["weight"] == "note"


def test_a_notification_without_any_text(start, cloud):
    """Section 5: success, and the phone shows nothing."""
    service = start(settings=seed_variables(cloud))
    service.sql("INSERT INTO express_notifications (message_id, aud, recipient_id, title, body) "
                "VALUES ('m-1', 'user', 'u-1', '', '')")
    assert examine(service, "notify").one("notification_empty")["subject"] == "m-1"


def test_an_order_that_is_not_there_and_a_queue_that_nobody_looks_at(make_service, cloud):
    """Section 1: order not found for waybill."""
    service = make_service(settings=seed_variables(cloud)).start()
    add_parcel(service, "YT1", order_id="order-of-somebody")
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    wait_queue(service, "skipped")
    assert "ml_orders" in examine(service, "notify").one("order_not_found")["mend"]
    service.stop()
    service.sql("INSERT INTO notify_queue (tracking_event_id, next_attempt_at) VALUES ('e-1', '2026-01-01 00:00:00')")
    found = examine(service, "notify")
    assert found.codes == ["order_not_found", "notify_stands_still"]
    assert "--roles push" in found.one("notify_stands_still")["mend"]
