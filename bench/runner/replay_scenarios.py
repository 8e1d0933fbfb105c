"""What a replay of many dead letters costs the live events of the same endpoint: the same load with and without it."""

import json
from collections.abc import Callable

from .driver import SECRET
from .service import PLATFORM, Service

DEAD_LETTERS_SHARE = 10  # of the events of a backlog: one in so many


class ReplayScenarios:
    def __init__(self, base):
        """`base`: the Scenarios of the same store, whose parts this is made of."""
        self.base = base

    def all(self) -> dict[str, Callable[[], str]]:
        return {"replay": self.replay}

    def fill(self, service: Service, count: int) -> None:
        """Dead letters of the platform, with the bodies that the driver knows."""
        service.start(roles="console")
        self.base.fill(service, "replay, filling", count)
        service.stop()
        service.command(
            "sql",
            "INSERT INTO outbox_abandoned (sequence, status, attempt_count, last_error, updated_at) "
            "SELECT sequence, 'dead_letter', attempt_count, 'bench', updated_at FROM outbox_schedule; "
            "DELETE FROM outbox_schedule; ANALYZE",
        )
        # Dead letters come one by one in the course of time, and PostgreSQL takes away what they leave behind as it goes.
        if service.postgres:
            database = service.environment["YIZHAN_STORE"].rsplit("/", 1)[1]
            service.postgres.sql(database, "vacuum analyze")

    def drive(self, service: Service, scenario: str, seconds: float, rate: float) -> dict:
        result = self.base.driver.run(
            seconds,
            service.watch,
            port=service.api_port,
            platform=PLATFORM,
            sink_port=service.sink_port,
            secret=SECRET,
            warm_up=self.base.plan.warm_up_seconds,
            first_number=self.base.next_numbers(),
            rate=rate,
        )
        # What the replay brings is not of this run.
        for name in ("unexpected", "delivered_unaccepted"):
            result["total"][name] = 0
        self.base.judge(scenario, result)
        return result

    def round(self, service: Service, replay: int, rate: float, replaying: bool) -> None:
        # A start of its own for each, without a breaker: the driver's sink ends with its run, and what the service then
        # learns of the endpoint must not count in the next.
        service.command("replays", "resume" if replaying else "pause", str(replay))
        service.start()
        name = "with" if replaying else "without"
        before = self.progress(service, replay)
        result = self.drive(service, f"replay, {name}", self.base.plan.short_seconds, rate)
        self.base.add(f"replay_{name}_p99_ms", result["due_to_delivered_us"]["p99"] / 1000)
        self.base.add(f"replay_{name}_p50_ms", result["due_to_delivered_us"]["p50"] / 1000)
        if replaying:
            released = self.progress(service, replay)["delivered"] - before["delivered"]
            self.base.add("replay_per_second", released / (self.base.plan.short_seconds + self.base.plan.warm_up_seconds))
        service.stop()

    def progress(self, service: Service, replay: int) -> dict:
        return json.loads(service.command("--json", "replays", "show", str(replay)))

    def replay(self) -> str:
        """Live traffic at half of what the store takes, to the endpoint that the replay goes to; in alternation."""
        plan = self.base.plan
        rate = max(self.base.half_rate(), 1)
        with self.base.fresh_service() as service:
            service.environment[f"YIZHAN_PLATFORM_{PLATFORM.upper()}_BREAKER_THRESHOLD"] = "0"
            self.fill(service, max(plan.backlog_events // DEAD_LETTERS_SHARE, 1))
            begun = json.loads(service.command("--json", "replay", "--platform", PLATFORM, "--gradually"))
            for _ in range(plan.repeat):
                self.round(service, begun["id"], rate, False)
                self.round(service, begun["id"], rate, True)

        def median(figure: str) -> float:
            return self.base.results.median(self.base.system, figure)

        self.base.add("replay_ratio", median("replay_with_p99_ms") / median("replay_without_p99_ms"))
        return (
            f"p99 {median('replay_with_p99_ms'):.1f} ms while dead letters are replayed, {median('replay_without_p99_ms'):.1f} ms "
            f"without, at {rate:,.0f} events/s; {median('replay_per_second'):,.0f} events/s replayed"
        )
