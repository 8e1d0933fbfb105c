"""What is measured of the peers: the same two figures, by the same driver and sink, at equal durability."""

from collections.abc import Callable
from pathlib import Path

from .driver import SECRET, WINDOW, Driver, problems_of
from .engines import Postgres, Redis, settle
from .peers import PEERS, Peer
from .plan import Plan
from .results import Results

MICROSECONDS = 1e6


class PeerScenarios:
    def __init__(self, postgres: Postgres, redis: Redis, folder: Path, driver: Driver, plan: Plan, results: Results):
        self.stores = {"postgres": postgres, "redis": redis}
        self.folder = folder
        self.driver = driver
        self.plan = plan
        self.results = results

    def all(self) -> dict[str, Callable[[], str]]:
        return {name: lambda name=name: self.measure(name) for name in PEERS}

    def measure(self, name: str) -> str:
        for run in range(self.plan.repeat):
            store = self.stores[PEERS[name][1]]
            with Peer(name, self.folder / f"{name}-{run}", store.fresh("bench")) as peer:
                watch = {"service": peer.process.pid, "store": store.process.pid}
                fast = self.drive(name, "sustained", self.plan.peer_seconds, peer, watch, window=WINDOW)
                self.results.add(name, "sustained", fast["delivered_per_second"])
                for part, cost in fast["watch"].items():
                    self.results.add(name, f"{part}_cpu_us", cost["cpu_seconds"] * MICROSECONDS / max(fast["delivered"], 1))
                half = self.results.median(name, "sustained") / 2
                timely = self.drive(name, "half_load", self.plan.latency_seconds, peer, watch, rate=half, first_number=50_000_000)
                self.results.add_latencies(name, timely)
        return (
            f"{self.results.median(name, 'sustained'):,.0f} events/s end to end, "
            f"p99 {self.results.median(name, 'p99_ms'):.1f} ms at half of it"
        )

    def drive(self, name: str, scenario: str, seconds: float, peer: Peer, watch: dict[str, int], **options) -> dict:
        settle(self.stores["postgres"])
        result = self.driver.run(
            seconds,
            watch,
            port=peer.port,
            sink_port=peer.sink_port,
            secret=SECRET,
            warm_up=self.plan.warm_up_seconds,
            **options,
        )
        for problem in problems_of(result):
            self.results.problem(name, scenario, problem)
        self.results.keep(name, scenario, result)
        return result
