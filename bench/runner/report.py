"""The table: what was found, beside its limit and its goal."""

from dataclasses import dataclass

from .peers import PEERS
from .results import LIMITS, Results

TITLES = {"sqlite": "Yizhan, SQLite", "postgres": "Yizhan, PostgreSQL"}


@dataclass(frozen=True)
class Goal:
    """For each store; figures per second are goals as a share of nginx, under wrk or under the same load."""

    sqlite: float
    postgres: float
    at_least: bool = True
    of_nginx: bool = False

    def of(self, system: str) -> float:
        return self.sqlite if system == "sqlite" else self.postgres

    def text(self, system: str) -> str:
        unit = " of nginx" if self.of_nginx else ""
        return f"{'≥' if self.at_least else '≤'} {self.of(system):g}{unit}"

    def met(self, system: str, value: float) -> bool:
        return value >= self.of(system) if self.at_least else value <= self.of(system)


@dataclass(frozen=True)
class Figure:
    key: str
    title: str
    digits: int = 0
    unit: str = ""
    goal: Goal | None = None
    limit: str = "nginx_wrk"  # that a rate is shown as a share of


def at_most(value: float) -> Goal:
    return Goal(value, value, at_least=False)


RATE = " /s"
FIGURES = [
    Figure("sustained", "end to end, sustained", 0, RATE, Goal(0.25, 0.15, of_nginx=True)),
    Figure("slowest_second", "… its slowest second", 0, RATE),
    Figure("p50_ms", "accepted to delivered at half that load, p50", 2, " ms"),
    Figure("p99_ms", "… p99", 2, " ms", Goal(15, 25, at_least=False)),
    Figure("p999_ms", "… p99.9", 2, " ms"),
    Figure("due_p50_ms", "due to be posted to delivered, p50", 2, " ms"),
    Figure("due_p99_ms", "… p99", 2, " ms"),
    Figure("due_p999_ms", "… p99.9", 2, " ms"),
    Figure("acknowledge_p99_ms", "due to be posted to accepted, p99", 2, " ms"),
    Figure("accept", "acceptance alone, 1 event a request", 0, RATE, Goal(0.45, 0.25, of_nginx=True)),
    Figure("accept_arrays", "acceptance alone, 100 events a request", 0, RATE),
    Figure("idempotency", "end to end, an idempotency key each", 0, RATE),
    Figure("drain", "draining the backlog to one endpoint", 0, RATE, Goal(0.30, 0.20, of_nginx=True)),
    Figure("receive", "callbacks acknowledged, signed", 0, RATE, Goal(0.5, 0.35, of_nginx=True), limit="nginx_callbacks"),
    Figure("receive_p50_ms", "due to be posted to acknowledged at half that load, p50", 2, " ms"),
    Figure("receive_p99_ms", "… p99", 2, " ms", at_most(10)),
    Figure("receive_cpu_us", "CPU of the service per callback", 1, " µs"),
    Figure("push", "callbacks that became delivered pushes", 0, RATE),
    Figure("push_p50_ms", "due to be posted to pushed at half that load, p50", 2, " ms"),
    Figure("push_p99_ms", "… p99", 2, " ms"),
    Figure("push_service_cpu_us", "CPU of the service per push", 1, " µs"),
    Figure("push_store_cpu_us", "CPU of PostgreSQL per push", 1, " µs"),
    Figure("push_memory_mib", "memory while pushing", 0, " MiB"),
    Figure("push_10k_seconds", "one callback to 10,000 devices: all have it after", 2, " s"),
    Figure("push_10k", "… from the first to the last", 0, RATE),
    Figure("push_1m_register_p50_ms", "a device registered beside 1,000,000, p50", 2, " ms"),
    Figure("push_1m_register_p99_ms", "… p99", 2, " ms"),
    Figure("push_1m_register_ratio", "… p50 against a small table", 2, " ×", at_most(1.2)),
    Figure("push_1m_find_p50_ms", "a user's devices found beside 1,000,000, p50", 2, " ms"),
    Figure("push_1m_find_p99_ms", "… p99", 2, " ms"),
    Figure("push_1m_find_ratio", "… p50 against a small table", 2, " ×", at_most(1.2)),
    Figure("push_1m_memory_mib", "memory beside them", 0, " MiB"),
    Figure("replay_without_p99_ms", "due to delivered at half load, p99", 2, " ms"),
    Figure("replay_with_p99_ms", "… while dead letters of the same endpoint are replayed", 2, " ms"),
    Figure("replay_ratio", "… against without it", 2, " ×", at_most(2)),
    Figure("replay_per_second", "… dead letters replayed", 0, RATE),
    Figure("retention_without_p99_ms", "due to delivered at half load beside old events, p99", 2, " ms"),
    Figure("retention_with_p99_ms", "… while retention takes them away", 2, " ms"),
    Figure("retention_ratio", "… against without it", 2, " ×", at_most(2)),
    Figure("retention_removed_per_second", "… old events taken away", 0, RATE),
    Figure("service_cpu_us", "CPU of the service per event", 1, " µs"),
    Figure("store_cpu_us", "CPU of PostgreSQL per event", 1, " µs"),
    Figure("driver_cpu_us", "CPU of load and sink per event", 1, " µs"),
    Figure("memory_mib", "memory under full load", 0, " MiB"),
    Figure("future_cpu_ratio", "CPU per event beside the waiting ones, against an empty store", 2, " ×", at_most(1.2)),
    Figure("future_rate_ratio", "… time per event, the same", 2, " ×", at_most(1.2)),
    Figure("full_memory_mib", "memory beside the waiting ones", 0, " MiB", at_most(256)),
    Figure("restart_seconds", "killed, started again: first acceptance after", 2, " s", at_most(2)),
    Figure("idle_memory_mib", "idle memory", 0, " MiB", at_most(40)),
    Figure("idle_cpu_percent", "idle CPU", 2, " %", at_most(0.5)),
    Figure("retry_p50_ms", "a retry after its due time, p50", 2, " ms"),
    Figure("retry_p99_ms", "… p99", 2, " ms", at_most(50)),
    Figure("alone_p99_ms", "due to delivered at half load, p99", 2, " ms"),
    Figure("beside_hanging_p99_ms", "… beside an endpoint that hangs", 2, " ms"),
    Figure("hanging_ratio", "… against without it", 2, " ×", at_most(2)),
]


class Report:
    def __init__(self, results: Results, machine: dict[str, str], stores: list[str], notes: list[str]):
        self.results = results
        self.machine = machine
        self.stores = [store for store in stores if store in results.values]
        self.notes = notes

    def markdown(self) -> str:
        parts = ["# Benchmark", ""]
        parts += [f"- {name}: {value}" for name, value in self.machine.items()]
        parts += [f"- {note}" for note in self.notes]
        parts += ["", "## Limits", "", *self.limits()]
        if self.stores:
            parts += ["", "## Yizhan", "", *self.service()]
        if any(name in self.results.values for name in PEERS):
            parts += ["", "## The same flow, built from well-known packages", "", *self.peers()]
        parts += ["", "## What must not happen", ""]
        parts += [f"- {problem}" for problem in self.results.problems] or [
            "Nothing missing, nothing twice, every checked signature and body right, nothing refused."
        ]
        return "\n".join(parts) + "\n"

    def limits(self) -> list[str]:
        rows = [
            ("nginx_wrk", "nginx `return 200`, wrk, 64 connections, POST of 600 bytes", 0, RATE),
            ("nginx_driver", "nginx `return 200`, our driver, 64 connections", 0, RATE),
            ("nginx_callbacks", "nginx `return 200`, our driver posting signed callbacks", 0, RATE),
            ("fsync", "4 KiB written and synced, one after the other", 0, RATE),
            ("fsync_p99_ms", "… p99", 3, " ms"),
        ]
        return table(
            ["limit", "figure"],
            [[title, self.cell(LIMITS, key, digits, unit)] for key, title, digits, unit in rows],
        )

    def cell(self, system: str, key: str, digits: int, unit: str) -> str:
        middle = self.results.median(system, key)
        if middle is None:
            return "–"
        spread = self.results.spread(system, key)
        noise = "" if spread is None else f" ± {100 * spread:.0f} %"
        return f"{middle:,.{digits}f}{unit}{noise}"

    def service(self) -> list[str]:
        header = ["figure"]
        for store in self.stores:
            header += [TITLES[store], "of nginx", "goal"]
        rows = []
        for figure in FIGURES:
            if all(self.results.median(store, figure.key) is None for store in self.stores):
                continue
            row = [figure.title]
            for store in self.stores:
                row += [self.cell(store, figure.key, figure.digits, figure.unit), self.share(store, figure), self.verdict(store, figure)]
            rows.append(row)
        return table(header, rows)

    def share_of_nginx(self, store: str, figure: Figure) -> float | None:
        return self.results.share(store, figure.key, figure.limit)

    def share(self, store: str, figure: Figure) -> str:
        share = self.share_of_nginx(store, figure) if figure.unit == RATE else None
        return "" if share is None else f"{share:.2f}"

    def verdict(self, store: str, figure: Figure) -> str:
        value = self.share_of_nginx(store, figure) if figure.goal and figure.goal.of_nginx else self.results.median(store, figure.key)
        if figure.goal is None or value is None:
            return ""
        return f"{figure.goal.text(store)} {'✓' if figure.goal.met(store, value) else '✗'}"

    def peers(self) -> list[str]:
        rows = []
        for system in [*self.stores, *(name for name in PEERS if name in self.results.values)]:
            row = [TITLES.get(system) or PEERS[system][0], self.cell(system, "sustained", 0, RATE)]
            row += [self.cell(system, f"{percentile}_ms", 1, " ms") for percentile in ("p50", "p99", "p999", "due_p99")]
            cpu = [self.results.median(system, part) for part in ("service_cpu_us", "store_cpu_us")]
            row.append(f"{sum(value or 0 for value in cpu):,.0f} µs" if cpu[0] is not None else "–")
            row += [self.times(store, system) for store in self.stores]
            rows.append(row)
        header = ["system", "end to end", "p50 at half load", "p99", "p99.9", "due to delivered p99", "CPU per event"]
        return table(header + [f"{TITLES[store]} is" for store in self.stores], rows)

    def times(self, store: str, system: str) -> str:
        ours, theirs = self.results.median(store, "sustained"), self.results.median(system, "sustained")
        return f"{ours / theirs:.1f} ×" if ours and theirs and system in PEERS else ""


def table(header: list[str], rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    return [line(header), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *(line(row) for row in rows)]
