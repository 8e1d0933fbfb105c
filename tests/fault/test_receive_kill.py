"""SIGKILL at random while notices come in: whatever was acknowledged is there, each with exactly one effect."""

import json
import os
import random
import threading

import pytest
from accounting import Senders, settle

from harness.senders import WXPAY_SUCCESS, wxpay_v2
from harness.sink import Sink

# For each store: a sample on every change, all of them in `./test full`.
KILLS = {"full": 200}.get(os.environ.get("YIZHAN_TEST_MODE", "ci"), 20)
API_KEY = "192006250b4c09247ec02edce69f6a2d"
CONFIG = f"""
[sources.wxpay]
account = "shop"
secret = "{API_KEY}"
mch_id = "1900000109"
platform = "shop"
"""


class PaymentProvider(Senders):
    """Creates an order and then notifies of its payment, as WeChat Pay does: until it hears success."""

    def __init__(self, service):
        super().__init__(service)
        self.acknowledged = set()  # out_trade_no

    def send_next(self):
        number = f"T{self.take()[0]}"
        order = {"out_trade_no": number, "total_fee": 100}
        self.until_acknowledged(lambda: self.service.request("POST", "/api/v1/pay/orders", order, timeout=10),
                                lambda answer: answer.status in (200, 201))
        notice = wxpay_v2("shop", API_KEY, number, 100, "42" + number)
        self.until_acknowledged(lambda: self.service.callback(notice, timeout=10),
                                lambda answer: answer.body == WXPAY_SUCCESS)
        with self._lock:
            self.acknowledged.add(number)


def check_one_effect_each(service, sink, acknowledged):
    total = settle(service, len(acknowledged))
    arrived = {}
    for callback in sink.callbacks:
        number = json.loads(callback.body)["out_trade_no"]
        arrived.setdefault(number, set()).add(callback.headers["webhook-id"])
    missing = acknowledged - set(arrived)
    assert not missing, f"{len(missing)} acknowledged payments caused nothing, for example {sorted(missing)[:5]}"
    twice = {number: ids for number, ids in arrived.items() if len(ids) != 1}
    assert not twice, f"payments with several events: {twice}"
    assert total["accepted"] == len(arrived)

    rows = service.command("--json", "sql", """
        SELECT o.out_trade_no, o.status, coalesce(k.accepted, 0)
        FROM pay_orders o LEFT JOIN (
          SELECT k.value, count(*) AS accepted FROM callback_keys k JOIN inbound_callbacks c ON c.id = k.callback_id
          WHERE c.verdict = 'accepted' AND k.name = 'out_trade_no' GROUP BY k.value
        ) k ON k.value = o.out_trade_no""", timeout=600).stdout
    orders = {number: (status, accepted) for number, status, accepted in json.loads(rows)["rows"]}
    assert {orders[number] for number in acknowledged} == {("1", "1")}


@pytest.mark.parametrize("fail_point", ["write.before_commit:9", "write.after_commit:9"])
def test_faults_1_and_2_killed_around_the_commit_of_a_notice(start, fail_point):
    sink = Sink()
    service = start(fail_point=fail_point, config=CONFIG, shop={"base_url": sink.url, "poll_interval_ms": 100})
    provider = PaymentProvider(service).start()
    service.wait_dead()
    service.start()
    sink.wait(lambda each: len(each.callbacks) >= 20)
    provider.stop()
    check_one_effect_each(service, sink, provider.acknowledged)


def test_fault_47_stopped_in_order_while_receiving(start):
    sink = Sink()
    service = start(config=CONFIG, shop={"base_url": sink.url, "poll_interval_ms": 100})
    provider = PaymentProvider(service).start()
    for _ in range(3):
        seen = len(sink.callbacks)
        sink.wait(lambda each, seen=seen: len(each.callbacks) > seen + 20, timeout=60)
        assert service.stop(timeout=25) == 0
        service.start()
    provider.stop()
    check_one_effect_each(service, sink, provider.acknowledged)


@pytest.mark.timeout_seconds(3600)
def test_killed_at_random_while_receiving(start):
    seed = int(os.environ.get("YIZHAN_TEST_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"YIZHAN_TEST_SEED={seed}")
    chance = random.Random(seed)
    sink = Sink()
    service = start(config=CONFIG, shop={"base_url": sink.url, "max_retries": 20, "retry_schedule_sec": "0",
                                         "poll_interval_ms": 100, "breaker_threshold": 0})
    provider = PaymentProvider(service).start()
    pause = threading.Event()
    for _ in range(KILLS):
        seen = len(sink.callbacks)
        sink.wait(lambda each, seen=seen: len(each.callbacks) > seen + 3, timeout=60)
        pause.wait(chance.random() * 0.05)  # so that the kill falls anywhere between two steps
        service.kill()
        service.start()
    provider.stop()
    check_one_effect_each(service, sink, provider.acknowledged)
    print(f"{len(provider.acknowledged)} payments acknowledged over {KILLS} kills")
