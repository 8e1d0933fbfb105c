"""How much of everything is run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    repeat: int = 3
    sustained_seconds: float = 60
    short_seconds: float = 10       # a run of anything that needs no minute
    latency_seconds: float = 20
    peer_seconds: float = 20
    warm_up_seconds: float = 3
    limit_seconds: float = 3
    limits_between: bool = True     # taken again before and after each run that is shown as a share of them: the machine's speed drifts
    idle_seconds: float = 30
    settle_seconds: float = 5       # before idleness is measured
    backlog_events: int = 1_000_000
    hanging_events: int = 10_000
    retry_rate: float = 1_000
    devices_of_one: int = 10_000
    registered_devices: int = 1_000_000
    push_server_calls: int = 1_000


def quick() -> Plan:
    """Shows that everything works; its figures mean nothing."""
    return Plan(
        repeat=1,
        sustained_seconds=2,
        short_seconds=2,
        latency_seconds=2,
        peer_seconds=2,
        warm_up_seconds=0.5,
        limit_seconds=1,
        limits_between=False,
        idle_seconds=2,
        settle_seconds=1,
        backlog_events=5_000,
        hanging_events=500,
        retry_rate=100,
        devices_of_one=500,
        registered_devices=5_000,
        push_server_calls=50,
    )
