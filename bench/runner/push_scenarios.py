"""What is measured of notifications and pushes: carriers' callbacks in, calls to a cloud function out."""

import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Callable

from .driver import SECRET
from .machine import resident_mebibytes
from .service import EXPRESS_PATH, Service

# Numbers that devices and parcels are filled with begin here, so that SQL need not pad them (drive/express_text.h).
FIRST_DEVICE = 100_000_000_000
# A parcel has at most one callback on the way: more of them than the window has places.
PARCELS = 20_000
WINDOW = 10_000
RECIPIENT = "crowd"
# The carrier's text is the number that the driver knows a callback by; the phone shows it.
TEMPLATE = '[[notify_templates]]\nbody = "{text}"\n'

SERIES = "WITH RECURSIVE series(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM series WHERE i < {last})"


def parcels(count: int) -> list[str]:
    """Parcels B000000000000 and on, the order and the user of each, and the one device of that user."""
    series = SERIES.format(last=count - 1)
    number = "substr('' || (1000000000000 + i), 2)"
    return [
        f"{series} INSERT INTO ml_orders (id, user_id) SELECT 'o' || {number}, 'u' || {number} FROM series",
        f"{series} INSERT INTO platform_express_waybills (tracking_no, order_id) SELECT 'B' || {number}, 'o' || {number} FROM series",
        f"{series} INSERT INTO push_devices (cid, user_id) SELECT 'cid' || {number}, 'u' || {number} FROM series",
    ]


def devices(count: int, user: str) -> str:
    """`user` is an SQL expression of i."""
    return f"{SERIES.format(last=count - 1)} INSERT INTO push_devices (cid, user_id) SELECT 'cid' || ({FIRST_DEVICE} + i), {user} FROM series"


class PushScenarios:
    def __init__(self, base):
        """`base`: the Scenarios of the same store, whose parts these are made of."""
        self.base = base

    def all(self) -> dict[str, Callable[[], str]]:
        return {"push": self.push, "push_10k": self.push_to_many_devices, "push_1m": self.push_beside_a_million_devices}

    # ---- the parts ---------------------------------------------------------------------------------------------------

    def filled_service(self, statements: list[str]) -> Service:
        service = self.base.fresh_service()
        configuration = service.folder / "yizhan.toml"
        configuration.write_text(TEMPLATE)
        service.environment["YIZHAN_CONFIG"] = str(configuration)
        service.command("migrate")
        for statement in statements:
            service.command("sql", statement)
        # What a database of this age knows of itself.
        service.command("sql", "ANALYZE")
        return service

    def median(self, figure: str) -> float:
        return self.base.results.median(self.base.system, figure)

    def drive(self, service: Service, scenario: str, seconds: float, **options) -> dict:
        return self.base.drive(
            service,
            scenario,
            seconds,
            port=service.receive_port,
            path=EXPRESS_PATH,
            express_secret=SECRET,
            parcels=PARCELS,
            push_number="content",
            secret=None,
            **options,
        )

    # ---- the scenarios -----------------------------------------------------------------------------------------------

    def push(self) -> str:
        """Callbacks in, durable with their effect; recipients found, texts rendered, pushed, recorded."""
        plan = self.base.plan
        for _ in range(plan.repeat):
            with self.filled_service(parcels(PARCELS)) as service:
                service.start()
                result = self.drive(service, "push", plan.short_seconds, window=WINDOW)
                service.wait_until_recorded(result["total"]["delivered"])
                self.base.add("push", result["delivered_per_second"])
                for name, cost in result["watch"].items():
                    self.base.add(f"push_{name}_cpu_us", cost["cpu_seconds"] * 1e6 / max(result["delivered"], 1))
                self.base.add("push_memory_mib", resident_mebibytes(service.process.pid))
            rate = max(round(result["delivered_per_second"] / 2), 1)
            with self.filled_service(parcels(PARCELS)) as service:
                service.start()
                result = self.drive(service, "push, half", plan.short_seconds, rate=rate)
                for percentile in ("p50", "p99"):
                    self.base.add(f"push_{percentile}_ms", result["due_to_delivered_us"][percentile] / 1000)
        return (
            f"{self.median('push'):,.0f} callbacks/s that became delivered pushes, "
            f"p99 {self.median('push_p99_ms'):.1f} ms from due to the phone's service at half that load"
        )

    def push_to_many_devices(self) -> str:
        """One callback about a parcel whose recipient has many devices: each is a delivery of its own."""
        count = self.base.plan.devices_of_one
        for _ in range(self.base.plan.repeat):
            statements = [*parcels(1), f"UPDATE ml_orders SET user_id = '{RECIPIENT}'", devices(count, f"'{RECIPIENT}'")]
            with self.filled_service(statements) as service:
                service.start()
                receiving = self.base.driver.start(
                    3600, sink_port=service.sink_port, push_number="push_clientid", expect=count, first_number=FIRST_DEVICE, warm_up=0
                )
                receiving.wait_until_it_listens(service.sink_port)
                begin = time.monotonic()
                self.call_back(service, "B000000000000")
                result = receiving.result()
                self.base.add("push_10k_seconds", time.monotonic() - begin)
                self.base.judge("push_10k", result)
                service.wait_until_recorded(count)
                seconds = (result["last_delivery_us"] - result["first_delivery_us"]) / 1e6
                self.base.add("push_10k", count / max(seconds, 1e-6))
        return (
            f"{count:,} devices of one recipient have it after {self.median('push_10k_seconds'):.2f} s, "
            f"{self.median('push_10k'):,.0f} a second"
        )

    def push_beside_a_million_devices(self) -> str:
        """What a million registered devices change in registering one and in finding those of a user."""
        count = self.base.plan.registered_devices
        for name, registered in (("few", min(count, 1000)), ("1m", count)):
            with self.filled_service([devices(registered, f"'user' || ({FIRST_DEVICE} + i)")]) as service:
                service.start()
                for _ in range(self.base.plan.repeat):
                    for what, milliseconds in self.push_server_latencies(service, registered).items():
                        self.base.add(f"push_{name}_{what}_p50_ms", milliseconds[len(milliseconds) // 2])
                        self.base.add(f"push_{name}_{what}_p99_ms", milliseconds[len(milliseconds) * 99 // 100])
                self.base.add(f"push_{name}_memory_mib", resident_mebibytes(service.process.pid))
        for what in ("register", "find"):
            self.base.add(f"push_1m_{what}_ratio", self.median(f"push_1m_{what}_p50_ms") / self.median(f"push_few_{what}_p50_ms"))
        return (
            f"beside {count:,} devices one is registered in {self.median('push_1m_register_p50_ms'):.2f} ms (p50), "
            f"a user's are found in {self.median('push_1m_find_p50_ms'):.2f} ms; "
            f"{self.median('push_1m_register_ratio'):.2f} × and {self.median('push_1m_find_ratio'):.2f} × of a small table"
        )

    # ---- as a carrier and as an app ----------------------------------------------------------------------------------

    def call_back(self, service: Service, tracking_no: str) -> None:
        body = json.dumps({"tracking_no": tracking_no, "status_code": "DELIVERED", "event_time": "2026-02-06T08:30:00Z",
                           "event_text": "signed"}).encode()  # fmt: skip
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        self.call(http.client.HTTPConnection("127.0.0.1", service.receive_port), "POST", EXPRESS_PATH, body, {"X-Signature": signature})

    def push_server_latencies(self, service: Service, registered: int) -> dict[str, list[float]]:
        """Milliseconds of each call, in order: half of the registrations are of devices that are there already."""
        connection = http.client.HTTPConnection("127.0.0.1", service.push_port)
        taken: dict[str, list[float]] = {"register": [], "find": []}
        calls = self.base.plan.push_server_calls
        for n in range(calls):
            known = FIRST_DEVICE + n * (registered // calls or 1)
            cid = f"cid{known}" if n % 2 else f"new{time.monotonic_ns()}"
            body = json.dumps({"cid": cid, "user_id": f"user{known}", "platform": "android"})
            for what, method, path, content in (
                ("register", "POST", "/api/v1/push/register", body),
                ("find", "GET", f"/api/v1/push/devices?user_id=user{known}&active=true", None),
            ):
                begin = time.monotonic()
                self.call(connection, method, path, content, {})
                taken[what].append((time.monotonic() - begin) * 1000)
        connection.close()
        return {what: sorted(milliseconds) for what, milliseconds in taken.items()}

    def call(self, connection: http.client.HTTPConnection, method: str, path: str, body, headers: dict[str, str]) -> None:
        connection.request(method, path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            self.base.results.problem(self.base.system, path.partition("?")[0], f"{answer.status} {content[:200]!r}")
