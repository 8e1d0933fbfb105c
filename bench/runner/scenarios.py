"""What is measured of Yizhan. Each scenario starts from a store of its own and answers one line for a person."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from .driver import SECRET, WINDOW, Driver, problems_of
from .engines import Postgres
from .limits import Limits
from .machine import cpu_seconds, resident_mebibytes
from .plan import Plan
from .push_scenarios import PushScenarios
from .replay_scenarios import ReplayScenarios
from .results import Results
from .retention_scenarios import RetentionScenarios
from .service import FLAKY_PLATFORM, HANGING_PLATFORM, PLATFORM, RETRY_SECONDS, SOURCE, Service

FAR_FUTURE = "2099-01-01T00:00:00Z"
# Runs on one store after each other: no number twice.
NUMBERS_PER_RUN = 20_000_000
# The load that does not measure but fills.
FILL_ARRAY = 500
MICROSECONDS = 1e6


class Scenarios:
    """All scenarios on one kind of store."""

    def __init__(
        self,
        system: str,
        binary: Path,
        folder: Path,
        postgres: Postgres | None,
        driver: Driver,
        plan: Plan,
        results: Results,
        limits: Limits,
    ):
        self.system = system
        self.binary = binary
        self.folder = folder
        self.postgres = postgres
        self.driver = driver
        self.plan = plan
        self.results = results
        self.limits = limits
        self.stores = 0
        self.numbers = 0
        self.probed: float | None = None

    def all(self) -> dict[str, Callable[[], str]]:
        """By name, in the order in which they are run: half_load uses what sustained found."""
        return {
            "sustained": self.sustained,
            "half_load": self.half_load,
            "accept": self.accept,
            "accept_arrays": self.accept_arrays,
            "idempotency": self.idempotency,
            "drain": self.drain,
            "future": self.future,
            "idle": self.idle,
            "retry": self.retry,
            "hanging": self.hanging,
            "receive": self.receive,
            **PushScenarios(self).all(),
            **ReplayScenarios(self).all(),
            **RetentionScenarios(self).all(),
        }

    # ---- the parts that scenarios are made of ----------------------------------------------------------------------

    def runs_beside_limits(self) -> Iterator[int]:
        """The runs of a figure that is a share of a limit, which is taken again between them."""
        for number in range(self.plan.repeat):
            if number > 0 and self.plan.limits_between:
                self.limits.take()
            yield number

    def fresh_service(self) -> Service:
        self.stores += 1
        name = f"{self.system}_{self.stores}"
        folder = self.folder / name
        url = self.postgres.fresh(name) if self.postgres else f"sqlite:{folder}/yizhan.db"
        return Service(self.binary, folder, url, self.postgres)

    def next_numbers(self) -> int:
        self.numbers += NUMBERS_PER_RUN
        return self.numbers

    def drive(self, service: Service, scenario: str, seconds: float, sink: bool = True, **options) -> dict:
        settings = {
            "port": service.api_port,
            "platform": PLATFORM,
            "sink_port": service.sink_port if sink else None,
            "secret": SECRET,
            "warm_up": self.plan.warm_up_seconds,
            "first_number": self.next_numbers(),
            **options,
        }
        result = self.driver.run(seconds, service.watch, **settings)
        if not sink:
            result["total"]["missing"] = 0
        self.judge(scenario, result)
        return result

    def judge(self, scenario: str, result: dict) -> None:
        for problem in problems_of(result):
            self.results.problem(self.system, scenario, problem)
        self.results.keep(self.system, scenario, result)

    def fill(self, service: Service, scenario: str, count: int, **options) -> int:
        """Accepts events without delivering them; answers their first number."""
        first = self.next_numbers()
        self.drive(
            service, scenario, 3600, sink=False, total=count, array=FILL_ARRAY, connections=8, warm_up=0, first_number=first, **options
        )
        return first

    def half_rate(self) -> float:
        """Half of what `sustained` found; where that was not asked for, of a short run like it."""
        sustained = self.results.median(self.system, "sustained")
        if sustained is None and self.probed is None:
            with self.fresh_service() as service:
                service.start()
                self.probed = self.drive(service, "probe", self.plan.short_seconds, window=WINDOW)["delivered_per_second"]
        return round((sustained or self.probed) / 2)

    def add(self, figure: str, value: float) -> None:
        self.results.add(self.system, figure, value)

    # ---- the scenarios ---------------------------------------------------------------------------------------------

    def sustained(self) -> str:
        """Accepted over HTTP, durable, delivered, recorded: as fast as it goes with a bounded number on the way."""
        for _ in self.runs_beside_limits():
            with self.fresh_service() as service:
                service.start()
                result = self.drive(service, "sustained", self.plan.sustained_seconds, window=WINDOW)
                service.wait_until_recorded(result["total"]["delivered"])
                self.add("sustained", result["delivered_per_second"])
                self.add("slowest_second", min(result["delivered_each_second"], default=0))
                for name, cost in result["watch"].items():
                    self.add(f"{name}_cpu_us", cost["cpu_seconds"] * MICROSECONDS / max(result["delivered"], 1))
                self.add("driver_cpu_us", result["driver_cpu_seconds"] * MICROSECONDS / max(result["delivered"], 1))
                self.add("memory_mib", resident_mebibytes(service.process.pid))
        return f"{self.results.median(self.system, 'sustained'):,.0f} events/s end to end"

    def half_load(self) -> str:
        for _ in range(self.plan.repeat):
            with self.fresh_service() as service:
                service.start()
                result = self.drive(service, "half_load", self.plan.latency_seconds, rate=self.half_rate())
                self.results.add_latencies(self.system, result)
        return (
            f"p99 {self.results.median(self.system, 'p99_ms'):.1f} ms from acceptance to delivered, "
            f"{self.results.median(self.system, 'due_p99_ms'):.1f} ms from due to delivered, at {self.half_rate():,.0f}/s"
        )

    def accept(self) -> str:
        return self.acceptance("accept", 1)

    def accept_arrays(self) -> str:
        return self.acceptance("accept_arrays", 100)

    def acceptance(self, scenario: str, array: int) -> str:
        """Nothing is delivered meanwhile."""
        for _ in self.runs_beside_limits():
            with self.fresh_service() as service:
                service.start(roles="console")
                result = self.drive(service, scenario, self.plan.short_seconds, sink=False, array=array)
                self.add(scenario, result["accepted_per_second"])
        return f"{self.results.median(self.system, scenario):,.0f} events/s accepted, {array} in a request"

    def idempotency(self) -> str:
        """As `sustained`, and every event brings an idempotency key of its own."""
        for _ in range(self.plan.repeat):
            with self.fresh_service() as service:
                service.start()
                result = self.drive(service, "idempotency", self.plan.short_seconds, window=WINDOW, idempotency_keys=True)
                self.add("idempotency", result["delivered_per_second"])
        return f"{self.results.median(self.system, 'idempotency'):,.0f} events/s end to end with an idempotency key each"

    def drain(self) -> str:
        """A backlog for one fast endpoint, from a start of the service to the last delivery."""
        count = self.plan.backlog_events
        with self.fresh_service() as service:
            service.start(roles="console")
            first = self.fill(service, "drain, filling", count)
            service.stop()
            # The sink is there before the service, so that no delivery fails.
            receiving = self.driver.start(
                3600, sink_port=service.sink_port, secret=SECRET, expect=count, first_number=first, warm_up=0
            )
            receiving.wait_until_it_listens(service.sink_port)
            service.start()
            result = receiving.result()
            self.judge("drain", result)
            service.wait_until_recorded(count)
            seconds = (result["last_delivery_us"] - result["first_delivery_us"]) / MICROSECONDS
            self.add("drain", count / seconds)
        return f"{self.results.median(self.system, 'drain'):,.0f} events/s out of a backlog of {count:,}"

    def future(self) -> str:
        """What a million events that wait for the future cost those that do not, and the service itself."""
        with self.fresh_service() as empty, self.fresh_service() as full:
            full.start(roles="console")
            self.fill(full, "future, filling", self.plan.backlog_events, not_before=FAR_FUTURE)
            full.stop()
            for _ in range(self.plan.repeat):
                for service, name in ((empty, "empty"), (full, "full")):
                    service.start()
                    result = self.drive(service, f"future, {name}", self.plan.short_seconds, window=WINDOW)
                    cpu = sum(cost["cpu_seconds"] for cost in result["watch"].values())
                    self.add(f"{name}_rate", result["delivered_per_second"])
                    self.add(f"{name}_cpu_us", cpu * MICROSECONDS / max(result["delivered"], 1))
                    if service is full:
                        self.add("full_memory_mib", resident_mebibytes(service.process.pid))
                    service.stop()
                self.add("restart_seconds", self.restart_after_kill(full))
        ratio = self.results.median(self.system, "full_cpu_us") / self.results.median(self.system, "empty_cpu_us")
        self.add("future_cpu_ratio", ratio)
        self.add("future_rate_ratio", self.results.median(self.system, "empty_rate") / self.results.median(self.system, "full_rate"))
        return (
            f"{ratio:.2f} × the CPU of an empty store for each event, "
            f"{self.results.median(self.system, 'full_memory_mib'):.0f} MiB, "
            f"{self.results.median(self.system, 'restart_seconds'):.2f} s to the first acceptance after a kill"
        )

    def restart_after_kill(self, service: Service) -> float:
        service.start()
        service.kill()
        begin = time.monotonic()
        service.launch()
        service.wait_for_first_acceptance()
        seconds = time.monotonic() - begin
        service.stop()
        return seconds

    def idle(self) -> str:
        with self.fresh_service() as service:
            service.start()
            time.sleep(self.plan.settle_seconds)
            before, begin = cpu_seconds(service.process.pid), time.monotonic()
            time.sleep(self.plan.idle_seconds)
            used = cpu_seconds(service.process.pid) - before
            self.add("idle_cpu_percent", 100 * used / (time.monotonic() - begin))
            self.add("idle_memory_mib", resident_mebibytes(service.process.pid))
        return (
            f"{self.results.median(self.system, 'idle_memory_mib'):.0f} MiB and "
            f"{self.results.median(self.system, 'idle_cpu_percent'):.2f} % of a core when idle"
        )

    def retry(self) -> str:
        """One event in five fails once; how long after its due time does the retry arrive?"""
        for _ in range(self.plan.repeat):
            with self.fresh_service() as service:
                service.start()
                result = self.drive(
                    service,
                    "retry",
                    self.plan.short_seconds,
                    platform=FLAKY_PLATFORM,
                    rate=self.plan.retry_rate,
                    fail_every=5,
                    retry_delay=RETRY_SECONDS,
                )
                for percentile in ("p50", "p99", "p999"):
                    self.add(f"retry_{percentile}_ms", result["retry_lateness_us"][percentile] / 1000)
        return f"retries leave {self.results.median(self.system, 'retry_p99_ms'):.1f} ms after their due time (p99)"

    def hanging(self) -> str:
        """An endpoint that never answers, with events waiting for it, beside one that works, at half load."""
        for _ in range(self.plan.repeat):
            for figure, events in (("alone_p99_ms", 0), ("beside_hanging_p99_ms", self.plan.hanging_events)):
                with self.fresh_service() as service:
                    service.start()
                    result = self.drive(
                        service,
                        "hanging" if events else "hanging, without",
                        self.plan.short_seconds,
                        rate=self.half_rate(),
                        side_events=events or None,
                        side_platform=HANGING_PLATFORM,
                    )
                    self.add(figure, result["due_to_delivered_us"]["p99"] / 1000)
                    if events and result["sink"]["held"] == 0:
                        self.results.problem(self.system, "hanging", "no callback reached the endpoint that hangs")
        beside, alone = (self.results.median(self.system, name) for name in ("beside_hanging_p99_ms", "alone_p99_ms"))
        self.add("hanging_ratio", beside / alone)
        return f"p99 of the others {beside:.1f} ms beside a hanging endpoint, {alone:.1f} ms without"

    def receive(self) -> str:
        """Signed callbacks, verified and durable before they are acknowledged: as fast as it goes, then half as fast."""
        for _ in self.runs_beside_limits():
            with self.fresh_service() as service:
                service.start(roles="receive")
                result = self.receive_callbacks(service, "receive", self.plan.short_seconds)
                self.add("receive", result["accepted_per_second"])
                cpu = result["watch"]["service"]["cpu_seconds"]
                self.add("receive_cpu_us", cpu * MICROSECONDS / max(result["accepted"], 1))
            rate = round(result["accepted_per_second"] / 2)
            with self.fresh_service() as service:
                service.start(roles="receive")
                result = self.receive_callbacks(service, "receive, half", self.plan.short_seconds, rate=rate)
                for percentile in ("p50", "p99"):
                    self.add(f"receive_{percentile}_ms", result["acknowledge_us"][percentile] / 1000)
        return (
            f"{self.results.median(self.system, 'receive'):,.0f} callbacks/s acknowledged, "
            f"p99 {self.results.median(self.system, 'receive_p99_ms'):.1f} ms at half that load"
        )

    def receive_callbacks(self, service: Service, scenario: str, seconds: float, **options) -> dict:
        return self.drive(
            service,
            scenario,
            seconds,
            sink=False,
            port=service.receive_port,
            path=f"/in/{SOURCE}",
            callback_secret=SECRET,
            **options,
        )
