"""The seed's runbook of notifications: its SQL, typed as written into `yizhan sql`, and the commands that it became."""

import json
import sqlite3
import subprocess

from harness.cloud_function import CloudFunction
from harness.parcels import (
    EXPRESS_SECRET,
    PUSH_TOKEN,
    add_parcel,
    carrier_says,
    deliveries,
    notifications,
    register,
    seed_variables,
    wait_notifications,
    wait_queue,
)
from harness.service import eventually

# Sections 8.1 to 8.3 and 6 of the seed, word for word.
RESET = """UPDATE public.notify_queue
SET processed_at = NULL,
process_status = NULL,
last_error = NULL
WHERE id = '{id}';"""
DUPLICATES = """SELECT message_id, COUNT(*)
FROM public.express_notifications
WHERE message_id IS NOT NULL
GROUP BY message_id
HAVING COUNT(*) > 1;"""
DEVICES = """SELECT *
FROM public.push_devices
WHERE user_id = '{user_id}' OR merchant_id = '{merchant_id}'
ORDER BY updated_at DESC
LIMIT 20;"""
DEVICES_OF_MERCHANT = """select id, appid, cid, user_id, merchant_id, is_active, last_seen_at
from public.push_devices
where merchant_id = '{merchant_id}'
order by last_seen_at desc nulls last;"""
RESEND = "UPDATE public.express_notifications SET send_status = NULL, last_error = NULL WHERE id = '{id}';"
# Section 2: how the partial index is mended by hand.
PLAIN_INDEX = """DROP INDEX IF EXISTS public.ux_express_notifications_message_id;
CREATE UNIQUE INDEX IF NOT EXISTS ux_express_notifications_message_id
ON public.express_notifications(message_id);"""
TEST_PARCEL = "TEST_YT_20260206_0007"
TIME = "2026-02-06T08:30:00Z"


def queue_ids(service):
    return [row_id for (row_id,) in service.rows("SELECT id FROM notify_queue ORDER BY created_at, id")]


def test_a_row_that_is_reset_by_hand_runs_again_and_doubles_nothing(start):
    cloud = CloudFunction(token=PUSH_TOKEN)
    service = start(settings=seed_variables(cloud))
    register(service, "cid-1", user_id="u-1")
    add_parcel(service, "YT1", "u-1", "m-1")
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    cloud.wait_shown(1)
    wait_queue(service, "queued")
    (row_id,) = queue_ids(service)
    for _ in range(3):
        service.sql(RESET.format(id=row_id))
        eventually(lambda: service.rows("SELECT processed_at FROM notify_queue")[0][0] is not None)
    assert wait_queue(service, "queued") == [("queued", None)]
    assert len(notifications(service)) == 2
    carrier_says(service, "YT1", "DELIVERED", "2026-02-07T08:30:00Z")
    cloud.wait_shown(2)
    assert len(cloud.calls) == 2
    assert "(0 rows)" in service.sql(DUPLICATES).stdout
    assert "cid-1" in service.sql(DEVICES.format(user_id="u-1", merchant_id="nobody")).stdout
    assert "(0 rows)" in service.sql(DEVICES_OF_MERCHANT.format(merchant_id="m-1")).stdout


def test_a_row_that_failed_is_run_again_when_its_cause_is_mended(start):
    cloud = CloudFunction(token=PUSH_TOKEN)
    service = start(settings=seed_variables(cloud))
    register(service, "cid-1", user_id="u-1")
    add_parcel(service, "YT1", order_id="order-1")
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    assert wait_queue(service, "skipped")[0][1].startswith("order_not_found")
    service.sql("INSERT INTO ml_orders (id, user_id) VALUES ('order-1', 'u-1')")
    service.sql(RESET.format(id=queue_ids(service)[0]))
    cloud.wait_shown(1)
    assert wait_queue(service, "queued") == [("queued", None)]


def test_a_notification_that_is_set_back_is_sent_where_it_is_missing(start):
    behaviours = {"well": "online", "broken": "failing"}
    cloud = CloudFunction(lambda cid, nth: behaviours[cid], token=PUSH_TOKEN)
    service = start(settings=seed_variables(cloud, MAX_RETRIES=0))
    register(service, "well", user_id="u-1")
    register(service, "broken", user_id="u-1")
    add_parcel(service, "YT1", "u-1")
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    notification, = wait_notifications(service, "success")
    assert (notification["delivered"], notification["failed"]) == (1, 1)
    behaviours.update(broken="online", later="online")
    register(service, "later", user_id="u-1")
    service.sql(RESEND.format(id=notification["id"]))
    cloud.wait_shown(3)
    eventually(lambda: notifications(service)[0]["delivered"] == 3)
    found = notifications(service)[0]
    assert (found["send_status"], found["targets"], found["delivered"], found["failed"]) == ("success", 3, 3, 0)
    assert {cid: len(cloud.of_device(cid)) for cid in ("well", "broken", "later")} == {"well": 1, "broken": 2, "later": 1}
    assert len({call.request_id for call in cloud.of_device("broken")}) == 1
    # Nothing is left to do: straight to success.
    service.sql(RESEND.format(id=notification["id"]))
    wait_notifications(service, "success")
    assert len(cloud.calls) == 4
    # The command does the same.
    service.command("notifications", "resend", notification["id"])
    wait_notifications(service, "success")
    assert cloud.shown_count() == 3
    total = service.ledger_total()
    assert (total["accepted"], total["delivered"], total["mismatch"]) == (3, 3, 0)


def test_parcels_and_devices_may_be_handed_over_by_sql(start):
    """As the services that the seed's operators have beside us do."""
    cloud = CloudFunction(token=PUSH_TOKEN)
    service = start(settings=seed_variables(cloud))
    service.sql("INSERT INTO ml_orders (id, user_id, merchant_id) VALUES ('o-1', 'u-1', 'm-1')")
    service.sql("INSERT INTO platform_express_waybills (tracking_no, order_id) VALUES ('YT1', 'o-1')")
    service.sql("INSERT INTO push_devices (cid, user_id) VALUES ('cid-1', 'u-1')")
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    cloud.wait_shown(1)
    service.sql("INSERT INTO express_notifications (message_id, aud, recipient_id, body) VALUES ('by-hand', 'user', 'u-1', 'x')")
    cloud.wait_shown(2)
    # A device that is added by hand is found by what waits for it, at the latest when that is set back.
    service.sql("INSERT INTO push_devices (cid, merchant_id) VALUES ('cid-2', 'm-1')")
    merchant, = notifications(service, aud="merchant")
    service.sql("UPDATE express_notifications SET send_status = 'failed' WHERE id = '{id}';".format(id=merchant["id"]))
    service.sql(RESEND.format(id=merchant["id"]))
    cloud.wait_shown(3)
    cloud.check_clean()
    done = service.sql("UPDATE express_notifications SET send_status = 'lost'", check=False)
    assert done.returncode != 0


def test_the_seeds_test_sender_with_its_fixture(start):
    cloud = CloudFunction(token=PUSH_TOKEN)
    service = start(settings=seed_variables(cloud))
    url = service.receive + "/webhook/express/status"
    before = service.command("send-test", "express", "--url", url, check=False)
    assert before.returncode != 0
    assert "waybill not found" in before.stdout + before.stderr
    sent = service.command("send-test", "express", "--url", url, "--fixture")
    assert TEST_PARCEL in sent.stdout
    merchant, user = sorted(wait_notifications(service, None, None, tracking_no=TEST_PARCEL), key=lambda each: each["aud"])
    register(service, "cid-1", user_id=user["recipient_id"])
    register(service, "cid-2", merchant_id=merchant["recipient_id"])
    cloud.wait_shown(2)
    again = service.command("send-test", "express", "--url", url, "--status", "DELIVERED")
    assert TEST_PARCEL in again.stdout
    cloud.wait_shown(4)
    assert EXPRESS_SECRET not in sent.stdout + again.stdout


def test_push_test_tells_what_became_of_it(start):
    behaviours = {"well": "online", "gone": "ignored", "sold": "cid_invalid"}
    cloud = CloudFunction(lambda cid, nth: behaviours[cid], token=PUSH_TOKEN)
    service = start(settings=seed_variables(cloud))
    well = service.command("push-test", "well", "--wait", "--title", "hello", "--content", "from the operator")
    assert "Delivered" in well.stdout
    assert [(each.title, each.content) for each in cloud.shown["well"]] == [("hello", "from the operator")]
    gone = service.command("push-test", "gone", "--wait", check=False)
    assert gone.returncode != 0 and "successed_ignore" in gone.stdout + gone.stderr
    sold = service.command("push-test", "sold", "--wait", check=False)
    assert sold.returncode != 0 and "push_target_invalid" in sold.stdout + sold.stderr
    cloud.check_clean()


def test_the_commands_show_devices_and_notifications(start):
    cloud = CloudFunction(lambda cid, nth: "cid_invalid" if cid == "cid-2" else "online", token=PUSH_TOKEN)
    service = start(settings=seed_variables(cloud))
    register(service, "cid-1", user_id="u-1", platform="android")
    service.command("devices", "register", "cid-2", "--user", "u-1")
    add_parcel(service, "YT1", "u-1", "m-1")
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    user, = wait_notifications(service, "success", aud="user")
    eventually(lambda: "cid-2" in service.command("devices", "list", "--inactive").stdout)
    listed = service.command("devices", "list", "--user", "u-1").stdout
    assert "cid-1" in listed and "android" in listed
    shown = service.command("devices", "show", "cid-2").stdout
    assert "target user is invalid" in shown
    waiting = service.command("notifications", "list", "--status", "waiting").stdout
    assert "m-1" in waiting and "u-1" not in waiting
    story = service.command("notifications", "show", user["id"]).stdout
    for word in ("cid-1", "delivered", "cid-2", "failed", "YT1"):
        assert word in story, story
    rows = [json.loads(line) for line in service.command("notifications", "list", "--json").stdout.splitlines()]
    assert {each["aud"] for each in rows} == {"user", "merchant"}
    service.command("devices", "unregister", "cid-1")
    assert "cid-1" not in service.command("devices", "list", "--user", "u-1", "--active", check=False).stdout
    assert "YT1" in service.command("waybills", "show", "YT1").stdout
    assert deliveries(service, user["id"])["cid-1"]["event_id"] in service.command("events", "list", "--platform", "push").stdout


SEEDS_TABLES = """
CREATE TABLE express_notifications (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), message_id text, aud text,
  recipient_id text, event_text_safe text, title text, body text, status_code text, send_status text, last_error text,
  created_at timestamptz DEFAULT now());
CREATE UNIQUE INDEX ux_express_notifications_message_id ON express_notifications (message_id) WHERE message_id IS NOT NULL;
CREATE TABLE push_devices (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), appid text DEFAULT 'default', cid text,
  user_id text, merchant_id text, is_active boolean DEFAULT true, last_seen_at timestamptz, updated_at timestamptz);
INSERT INTO express_notifications (message_id, aud, recipient_id, event_text_safe, send_status) VALUES
  ('old-1', 'user', 'u-1', 'told long ago', 'success'), ('old-2', 'user', 'u-1', 'failed long ago', 'failed');
INSERT INTO push_devices (cid, user_id, last_seen_at, updated_at) VALUES ('cid-1', 'u-1', now(), now());
"""


def psql(url, text):
    done = subprocess.run(["psql", "-v", "ON_ERROR_STOP=1", "-At", url], input=text, capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_database_of_the_seed_is_found_out_and_mended(postgres_service):
    """Seed, section 2: ON CONFLICT (message_id) does not match a partial unique index (42P10)."""
    cloud = CloudFunction(token=PUSH_TOKEN)
    service = postgres_service(settings=seed_variables(cloud))
    psql(service.store, SEEDS_TABLES)
    found = service.command("doctor", "schema", check=False)
    assert found.returncode != 0
    assert "message_id_index_partial" in found.stdout
    service.command("migrate")
    assert service.command("doctor", "schema").returncode == 0
    index = psql(service.store, "SELECT indexdef FROM pg_indexes WHERE indexname = 'ux_express_notifications_message_id'")
    assert "UNIQUE" in index and "WHERE" not in index
    service.start()
    add_parcel(service, "YT1", "u-1")
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    cloud.wait_shown(1)
    # What was told before us is left as it was.
    assert psql(service.store, "SELECT send_status FROM express_notifications WHERE message_id LIKE 'old-%' ORDER BY 1").split() == [
        "failed", "success"]
    assert len(cloud.calls) == 1
    # The runbook's own mend may still be typed.
    psql(service.store, PLAIN_INDEX)
    carrier_says(service, "YT1", "DELIVERED", "2026-02-07T08:30:00Z")
    cloud.wait_shown(2)


def test_a_fresh_schema_needs_no_mending(start):
    service = start(settings=seed_variables(CloudFunction(token=PUSH_TOKEN)))
    assert service.command("doctor", "schema").returncode == 0
    if service.store.startswith("sqlite:"):
        service.stop()
        path = service.store.removeprefix("sqlite:")
        with sqlite3.connect(path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_consumer_can_be_switched_off(start):
    """ENABLE_CONSUMER=false, as the seed's push-server has it: notifications are kept, devices can register."""
    cloud = CloudFunction(token=PUSH_TOKEN)
    service = start(settings=seed_variables(cloud, ENABLE_CONSUMER="false"))
    register(service, "cid-1", user_id="u-1")
    add_parcel(service, "YT1", "u-1")
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    wait_queue(service, "queued")
    assert not cloud.calls
    service.stop()
    service.variables["ENABLE_CONSUMER"] = "true"
    service.start()
    cloud.wait_shown(1)
    wait_notifications(service, "success")


def test_without_a_channel_notifications_wait_and_the_service_runs(start):
    cloud = CloudFunction(token=PUSH_TOKEN)
    settings = seed_variables(cloud)
    url = settings.pop("CLOUD_FUNC_URL")
    service = start(settings=settings)
    register(service, "cid-1", user_id="u-1")
    add_parcel(service, "YT1", "u-1")
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    wait_queue(service, "queued")
    service.stop()
    service.variables["CLOUD_FUNC_URL"] = url
    service.start()
    cloud.wait_shown(1)
