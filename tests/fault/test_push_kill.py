"""SIGKILL at random between a carrier's callback and the phones: nobody is forgotten, and nobody is shown a thing twice."""

import collections
import itertools
import os
import random
import threading

import pytest
from accounting import Senders, settle

from harness.cloud_function import CloudFunction
from harness.parcels import EXPRESS_SECRET, PUSH_TOKEN, add_parcel, register, seed_variables
from harness.senders import express_status

# For each store: a sample on every change, all of them in `./test full`.
KILLS = {"full": 200}.get(os.environ.get("YIZHAN_TEST_MODE", "ci"), 20)
# The phone shows which parcel it is, so that what is shown can be told apart without asking the store.
TEMPLATE = '[[notify_templates]]\nbody = "{tracking_no}"\n'
USERS = 5
MERCHANTS = 2
DEVICES_OF_A_USER = 2
DEVICES_OF_A_PARCEL = DEVICES_OF_A_USER + 1
# Longest wait of what a killed node had taken, on PostgreSQL: the lease of a row of notify_queue, and then an event's.
LEASES_SECONDS = 60 + 31


class Carrier(Senders):
    """Makes a parcel known, and then reports its state until that is acknowledged. One carrier may know several nodes."""

    def __init__(self, *services):
        super().__init__(services[0])
        self.services = services
        self.acknowledged = set()  # tracking numbers

    def send_next(self):
        number = self.take()[0]
        tracking_no = f"YT{number:08}"
        service = self.services[number % len(self.services)]
        fields = {"order_id": f"order-{number}", "user_id": f"user-{number % USERS}",
                  "merchant_id": f"merchant-{number % MERCHANTS}"}
        self.until_acknowledged(lambda: service.request("PUT", f"/api/v1/waybills/{tracking_no}", fields, timeout=10),
                                lambda answer: answer.status in (200, 201))
        notice = express_status(EXPRESS_SECRET, tracking_no, "IN_TRANSIT", "2026-02-06T08:30:00Z")
        self.until_acknowledged(lambda: service.callback(notice, timeout=10),
                                lambda answer: answer.status == 200 and answer.json()["ok"] is True)
        with self._lock:
            self.acknowledged.add(tracking_no)


def devices_of(tracking_no):
    number = int(tracking_no.removeprefix("YT"))
    users = [f"user-{number % USERS}-{n}" for n in range(DEVICES_OF_A_USER)]
    return {*users, f"merchant-{number % MERCHANTS}"}


def register_all(service):
    for user, n in itertools.product(range(USERS), range(DEVICES_OF_A_USER)):
        register(service, f"user-{user}-{n}", user_id=f"user-{user}")
    for merchant in range(MERCHANTS):
        register(service, f"merchant-{merchant}", merchant_id=f"merchant-{merchant}")


def settings(cloud, timeout_ms=1000):
    return {**seed_variables(cloud, MAX_RETRIES=50), "YIZHAN_PUSH_TIMEOUT_MS": str(timeout_ms)}


def check_everybody_told_once(service, cloud, acknowledged):
    """By what the phones showed, and then by what the store says of it."""
    cloud.wait(lambda each: each.shown_count() >= DEVICES_OF_A_PARCEL * len(acknowledged),
               LEASES_SECONDS + 60, "everybody to be told")
    total = settle(service, DEVICES_OF_A_PARCEL * len(acknowledged), LEASES_SECONDS + 60)
    assert total["accepted"] == total["delivered"], total

    shown = collections.Counter()
    request_ids = collections.defaultdict(set)
    for cid, messages in list(cloud.shown.items()):
        for message in messages:
            shown[message.content, cid] += 1
    for call in cloud.calls:
        request_ids[call.content, call.cid].add(call.request_id)
    twice = {key: count for key, count in shown.items() if count != 1}
    assert not twice, f"shown more than once: {twice}"
    several = {key: ids for key, ids in request_ids.items() if len(ids) != 1}
    assert not several, f"sent under several request ids: {several}"
    told = collections.defaultdict(set)
    for tracking_no, cid in shown:
        told[tracking_no].add(cid)
    wrong = {number: told[number] for number in {*told, *acknowledged} if told[number] != devices_of(number)}
    assert not wrong, f"told too few or the wrong devices: {wrong}"
    cloud.check_clean()

    assert service.rows("SELECT DISTINCT process_status FROM notify_queue") == [("queued",)]
    # What was stored and never acknowledged, because the answer was lost, counts as well.
    (statuses,) = service.rows("SELECT count(*), count(DISTINCT message_id), min(send_status), max(send_status), "
                               "sum(targets), sum(delivered), sum(failed) FROM express_notifications")
    parcels = len(told)
    assert statuses == (str(2 * parcels), str(2 * parcels), "success", "success", str(DEVICES_OF_A_PARCEL * parcels),
                        str(DEVICES_OF_A_PARCEL * parcels), "0")
    assert total["accepted"] == DEVICES_OF_A_PARCEL * parcels
    return parcels


@pytest.mark.parametrize(
    "fail_point",
    [
        "write.before_commit:40",  # fault 1
        "write.after_commit:40",  # fault 2
        "claim_notify.before_commit:5",
        "record_notify.before_commit:5",
        "fan_out.before_commit:5",
        "dispatch.before_send:5",  # fault 3
        "dispatch.after_send:5",  # fault 4
    ],
)
def test_faults_1_to_4_killed_between_two_steps_of_a_push(start, fail_point):
    cloud = CloudFunction(token=PUSH_TOKEN)
    service = start(fail_point=fail_point, config=TEMPLATE, settings=settings(cloud))
    register_all(service)
    carrier = Carrier(service).start()
    service.wait_dead()
    service.start()
    seen = cloud.shown_count()
    cloud.wait(lambda each: each.shown_count() > seen + 20, timeout=LEASES_SECONDS)
    carrier.stop()
    check_everybody_told_once(service, cloud, carrier.acknowledged)


def test_fault_47_stopped_in_order_while_pushing(start):
    cloud = CloudFunction(token=PUSH_TOKEN)
    service = start(config=TEMPLATE, settings=settings(cloud, timeout_ms=10000))
    register_all(service)
    carrier = Carrier(service).start()
    for _ in range(3):
        seen = cloud.shown_count()
        cloud.wait(lambda each, seen=seen: each.shown_count() > seen + 20, timeout=60)
        assert service.stop(timeout=25) == 0
        service.start()
    carrier.stop()
    check_everybody_told_once(service, cloud, carrier.acknowledged)
    # Stopped in order, nothing is sent a second time.
    assert len(cloud.calls) == cloud.shown_count()


def unsteady(chance):
    """A cloud function that now and then fails, closes, or shows the message and never says so."""

    def behave(cid, nth):
        draw = chance.random()
        if draw < 0.02:
            return "shown_then_closed"
        if draw < 0.03:
            return "shown_then_hanging"
        return "failing" if draw < 0.05 else "online"

    return behave


def seeded_chance():
    seed = int(os.environ.get("YIZHAN_TEST_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"YIZHAN_TEST_SEED={seed}")
    return random.Random(seed)


@pytest.mark.timeout_seconds(3600)
def test_killed_at_random_while_pushing(start):
    chance = seeded_chance()
    cloud = CloudFunction(unsteady(random.Random(chance.random())), token=PUSH_TOKEN)
    service = start(config=TEMPLATE, settings=settings(cloud))
    register_all(service)
    carrier = Carrier(service).start()
    pause = threading.Event()
    for _ in range(KILLS):
        seen = cloud.shown_count()
        cloud.wait(lambda each, seen=seen: each.shown_count() > seen + 5, timeout=60)
        pause.wait(chance.random() * 0.05)  # so that the kill falls anywhere between two steps
        service.kill()
        service.start()
    carrier.stop()
    parcels = check_everybody_told_once(service, cloud, carrier.acknowledged)
    print(f"{parcels} parcels, {len(cloud.calls)} calls, {cloud.shown_count()} shown over {KILLS} kills")


@pytest.mark.timeout_seconds(3600)
def test_two_nodes_push_side_by_side_and_one_is_killed_at_random(postgres_service):
    chance = seeded_chance()
    cloud = CloudFunction(unsteady(random.Random(chance.random())), token=PUSH_TOKEN)
    first = postgres_service(config=TEMPLATE, settings=settings(cloud)).start()
    second = postgres_service(store=first.store, config=TEMPLATE, settings=settings(cloud)).start()
    register_all(first)
    carrier = Carrier(first, second).start()
    pause = threading.Event()
    for kill in range(max(KILLS // 4, 4)):
        seen = cloud.shown_count()
        cloud.wait(lambda each, seen=seen: each.shown_count() > seen + 5, timeout=60)
        pause.wait(chance.random() * 0.05)
        victim = (first, second)[kill % 2]
        victim.kill()
        victim.start()
    carrier.stop()
    check_everybody_told_once(first, cloud, carrier.acknowledged)


def test_parcels_of_two_nodes_are_told_by_either(postgres_service):
    """What one node took in is pushed by the other, at once: by its notification, not its poll."""
    cloud = CloudFunction(token=PUSH_TOKEN)
    variables = {**settings(cloud), "CONSUMER_POLL_MS": "3600000", "YIZHAN_NOTIFY_POLL_INTERVAL_MS": "3600000"}
    receiving = postgres_service(roles="receive,console", config=TEMPLATE, settings=variables).start()
    pushing = postgres_service(store=receiving.store, roles="push,dispatch", config=TEMPLATE, settings=variables).start()
    register_all(pushing)
    add_parcel(receiving, "YT00000001", "user-1")
    notice = express_status(EXPRESS_SECRET, "YT00000001", "IN_TRANSIT", "2026-02-06T08:30:00Z")
    assert receiving.callback(notice).status == 200
    cloud.wait_shown(DEVICES_OF_A_USER)
