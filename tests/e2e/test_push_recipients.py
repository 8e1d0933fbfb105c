"""Recipients of orders that live behind Supabase: found, hidden, missing, refused; each told apart in notify_queue."""

import pytest

from harness.cloud_function import CloudFunction
from harness.json_web_token import make_token
from harness.parcels import (
    PUSH_TOKEN,
    add_parcel,
    carrier_says,
    notifications,
    register,
    seed_variables,
    wait_notifications,
    wait_queue,
)
from harness.postgrest import Postgrest
from harness.service import eventually

TIME = "2026-02-06T08:30:00Z"
RESET = "UPDATE public.notify_queue SET processed_at = NULL, process_status = NULL, last_error = NULL WHERE id = '{id}';"

RESET_ALL = "UPDATE public.notify_queue SET processed_at = NULL, process_status = NULL, last_error = NULL;"


@pytest.fixture
def cloud():
    return CloudFunction(token=PUSH_TOKEN)


@pytest.fixture
def supabase():
    return Postgrest()


@pytest.fixture
def begin(start, cloud, supabase):
    """A service whose orders are at `supabase`, with one parcel of one order there."""

    def begin_with(**variables):
        supabase.add_order("order-1", "u-1", "m-1")
        settings = {**seed_variables(cloud, SUPA_URL=supabase.url, SUPA_KEY=supabase.service_role_key), **variables}
        service = start(settings=settings)
        register(service, "cid-1", user_id="u-1")
        register(service, "cid-2", merchant_id="m-1")
        add_parcel(service, "YT1", order_id="order-1")
        return service

    return begin_with


def reset(service):
    """As the runbook's section 8.1 has it."""
    (row_id,) = (row for (row,) in service.rows("SELECT id FROM notify_queue"))
    service.sql(RESET.format(id=row_id))


def test_a_service_role_key_as_bearer_passes_row_level_security(begin, cloud, supabase):
    service = begin(NOTIFY_WORKER_SUPA_USE_BEARER="true")
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    cloud.wait_shown(2)
    assert wait_queue(service, "queued") == [("queued", None)]
    assert {(each["aud"], each["recipient_id"]) for each in notifications(service)} == {("user", "u-1"), ("merchant", "m-1")}
    assert all(each.headers["apikey"] == supabase.service_role_key for each in supabase.requests)
    assert supabase.service_role_key not in service.log()


def test_the_function_is_asked_where_it_is_to_be(begin, cloud, supabase):
    service = begin(NOTIFY_WORKER_USE_RLS_SAFE_RPC="true", NOTIFY_WORKER_RPC_TOKEN=supabase.rpc_token,
                    SUPA_KEY=supabase.anon_key)
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    cloud.wait_shown(2)
    wait_queue(service, "queued")
    assert {each.path for each in supabase.requests} == {"/rest/v1/rpc/notify_get_order_recipients"}
    assert supabase.rpc_token not in service.log()


def test_rows_hidden_by_row_level_security_are_not_taken_for_missing_ones(begin, cloud, supabase):
    """Seed, section 1: only the apikey was sent, and the answer is 200 []."""
    service = begin()
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    (status, error), = wait_queue(service, "failed")
    assert error.startswith("order_hidden_by_rls:"), error
    assert "NOTIFY_WORKER_SUPA_USE_BEARER" in error
    # Mended over there; the row is run again by hand, and everybody is told once.
    supabase.row_level_security = False
    for _ in range(2):
        reset(service)
        assert wait_queue(service, "queued") == [("queued", None)]
    wait_notifications(service, "success", "success")
    assert cloud.shown_count() == len(cloud.calls) == 2


def test_an_order_that_is_not_there_is_skipped_and_said_to_be_missing(begin, cloud, supabase):
    service = begin(NOTIFY_WORKER_SUPA_USE_BEARER="true")
    supabase.orders.clear()
    supabase.add_order("order-2", None, None)
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    (_, error), = wait_queue(service, "skipped")
    assert error.startswith("order_not_found:"), error
    add_parcel(service, "YT2", order_id="order-2")
    carrier_says(service, "YT2", "IN_TRANSIT", TIME)
    assert wait_queue(service, "skipped", "skipped")[1][1].startswith("order_without_recipients:")
    assert notifications(service) == []


@pytest.mark.parametrize(
    "fault, code",
    [
        ("PGRST301", "jwt_not_decoded"),
        ("PGRST303", "jwt_expired"),
        ("42P10", "on_conflict_unmatched"),
        ("23505", "duplicate_key"),
        ("42501", "permission_denied"),
        ("42P01", "table_missing"),
        ("PGRST205", "table_missing"),
    ],
)
def test_what_only_a_person_can_mend_stops_and_is_alarmed(begin, cloud, supabase, fault, code):
    service = begin(NOTIFY_WORKER_SUPA_USE_BEARER="true")
    supabase.fault = fault
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    (_, error), = wait_queue(service, "failed")
    assert error.startswith(code + ":"), error
    eventually(lambda: code in service.log(), what="the log to say why")
    asked = len(supabase.requests)
    supabase.fault = None
    reset(service)
    cloud.wait_shown(2)
    assert wait_queue(service, "queued") == [("queued", None)]
    assert len(supabase.requests) == asked + 1


@pytest.mark.parametrize(
    "fault, code",
    [
        ("PGRST002", "schema_cache_unavailable"),
        ("53300", "database_overloaded"),
        ("throttled", "postgrest_throttled"),
        ("bad_gateway", "postgrest_unavailable"),
        ("closing", "postgrest_unavailable"),
        ("hanging", "postgrest_unavailable"),
    ],
)
def test_what_passes_is_put_off_and_never_given_up(begin, cloud, supabase, fault, code):
    # Only what hangs is given up before long: another answer may be late on a busy machine.
    timeout = {"YIZHAN_NOTIFY_SUPA_TIMEOUT_MS": "1000"} if fault == "hanging" else {}
    service = begin(NOTIFY_WORKER_SUPA_USE_BEARER="true", **timeout)
    supabase.fault = fault
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    supabase.wait(lambda each: len(each.requests) >= 2, what="the question to be asked again")
    (status, error), = service.rows("SELECT process_status, last_error FROM notify_queue")
    assert status is None and error.startswith(code + ":"), (status, error)
    supabase.fault = None
    cloud.wait_shown(2)
    assert wait_queue(service, "queued") == [("queued", None)]


def test_a_key_of_another_secret_and_an_expired_one_are_told_apart(begin, cloud, supabase):
    """Seed, section 4: the key was made with another JWT_SECRET. It passes Kong, and PostgREST refuses it."""
    foreign = make_token("another secret of more than 32 characters", "service_role")
    expired = make_token(supabase.jwt_secret, "service_role", life_seconds=-3600)
    supabase.keys |= {foreign, expired}
    service = begin(NOTIFY_WORKER_SUPA_USE_BEARER="true", SUPA_KEY=foreign)
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    assert wait_queue(service, "failed")[0][1].startswith("jwt_not_decoded:")
    service.stop()
    service.variables["SUPA_KEY"] = expired
    service.start()
    reset(service)
    assert wait_queue(service, "failed")[0][1].startswith("jwt_expired:")
    service.stop()
    # Without Bearer the token is not looked at (seed: "keep SUPA_USE_BEARER=false"); the function knows its own token.
    service.variables.update(NOTIFY_WORKER_SUPA_USE_BEARER="false", NOTIFY_WORKER_USE_RLS_SAFE_RPC="true",
                             NOTIFY_WORKER_RPC_TOKEN=supabase.rpc_token)
    service.start()
    reset(service)
    cloud.wait_shown(2)
    assert wait_queue(service, "queued") == [("queued", None)]
    assert foreign not in service.log() and expired not in service.log()


def test_a_function_that_is_missing_or_refuses_says_so(begin, supabase):
    service = begin(NOTIFY_WORKER_USE_RLS_SAFE_RPC="true", NOTIFY_WORKER_RPC_TOKEN="a wrong token")
    carrier_says(service, "YT1", "IN_TRANSIT", TIME)
    assert wait_queue(service, "failed")[0][1].startswith("permission_denied:")
    supabase.fault = "PGRST202"
    reset(service)
    eventually(lambda: (service.rows("SELECT last_error FROM notify_queue")[0][0] or "").startswith("rpc_missing:"))


def test_many_orders_are_one_question(begin, cloud, supabase):
    service = begin(NOTIFY_WORKER_SUPA_USE_BEARER="true")
    count = 40
    for number in range(count):
        order_id = f'order "{number}", (odd)'
        supabase.add_order(order_id, f"user-{number}")
        register(service, f"cid-of-{number}", user_id=f"user-{number}")
        add_parcel(service, f"ZT{number}", order_id=order_id)
        carrier_says(service, f"ZT{number}", "IN_TRANSIT", TIME)
    cloud.wait_shown(count)
    wait_queue(service, *["queued"] * count)
    asked = len(supabase.requests)
    service.sql(RESET_ALL)
    wait_queue(service, *["queued"] * count)
    assert asked < len(supabase.requests) <= asked + 3
    assert len(cloud.calls) == count
