"""`yizhan doctor` and the process: its ports, whether it runs and answers, and which store it serves."""

import os
import re
import signal
import socket

import pytest

from harness.doctor import examine
from harness.ports import free_port
from harness.service import eventually, request
from harness.sink import Sink


@pytest.fixture
def sqlite_service(sqlite_service, quick_disk):
    """Where nobody finds the disk slow."""
    return lambda store=None, **options: sqlite_service(store or f"sqlite:{quick_disk}/yizhan.db", **options)


@pytest.fixture
def ports():
    """Listeners at ports that an operator configured, not any."""
    return {f"YIZHAN_{name}_LISTEN": f"127.0.0.1:{free_port()}" for name in ("API", "RECEIVE", "PUSH")}


def test_nothing_is_wrong_with_a_service_that_runs(sqlite_service, ports):
    service = sqlite_service(settings=ports, crm={"base_url": Sink().url}).start()
    service.wait_status(service.emit("crm", 1), "delivered")
    found = examine(service)
    assert found.codes == [], found.findings
    assert found.status == 0
    assert list(found.skipped) == ["clock"], found.skipped
    said = service.command("doctor").stdout
    assert re.search(r"Nothing is wrong\. 11 checks, .*\. 1 look was skipped: --verbose says which and why\.\n$", said)
    some = service.command("doctor", "store", "keys").stdout
    assert re.fullmatch(r"Nothing is wrong\. 2 checks, .*s\.\n", some), some


def test_a_check_that_does_not_exist(sqlite_service):
    done = sqlite_service().command("doctor", "stores", check=False)
    assert done.returncode == 2
    assert "there is no check 'stores'" in done.stderr and "accounting" in done.stderr


def test_fault_44_another_process_has_a_port(sqlite_service, ports):
    """The seed's EADDRINUSE 0.0.0.0:7301."""
    service = sqlite_service(settings=ports)
    service.command("migrate")
    with socket.create_server(("127.0.0.1", int(ports["YIZHAN_PUSH_LISTEN"].rsplit(":", 1)[1]))) as stranger:
        found = examine(service)
        assert found.codes[:2] == ["port_taken", "service_not_running"]
        taken = found.one("port_taken")
        assert taken["subject"] == ports["YIZHAN_PUSH_LISTEN"]
        assert f"pid {os.getpid()})" in taken["evidence"], (taken, stranger)
        assert found.status == 1
        said = service.command("doctor", "service", check=False).stdout
        assert re.match(r"down +port_taken +127", said) and "mend: end that process" in said


def test_it_does_not_run(sqlite_service, ports):
    service = sqlite_service(settings=ports).start()
    assert examine(service, "service").codes == []
    assert service.stop() == 0
    found = examine(service, "service")
    assert found.codes == ["service_not_running"]
    assert found.one("service_not_running")["mend"] == "yizhan up"
    assert ports["YIZHAN_API_LISTEN"] in found.one("service_not_running")["evidence"]


def test_it_hangs(sqlite_service, ports):
    service = sqlite_service(settings=ports, roles="dispatch,console").start()
    os.kill(service.process.pid, signal.SIGSTOP)
    try:
        found = examine(service, "service")
    finally:
        os.kill(service.process.pid, signal.SIGCONT)
    assert found.codes == ["service_not_answering"]
    assert str(service.process.pid) in found.one("service_not_answering")["subject"]
    assert found.status == 1


def test_two_instances(sqlite_service, services, ports, tmp_path):
    """One serves the store, another one has the addresses: whoever asks the API asks the wrong one."""
    first = sqlite_service().start()
    second = services(f"sqlite:{tmp_path}/other.db", settings=ports).start()
    first.variables.update(ports)
    found = examine(first, "service")
    assert found.codes == ["store_served_elsewhere"]
    assert str(first.process.pid) in found.one("store_served_elsewhere")["evidence"]
    assert str(second.process.pid) in found.one("store_served_elsewhere")["evidence"]
    first.stop()
    assert examine(first, "service").codes == ["store_served_elsewhere"]
    assert examine(second, "service").codes == []


def test_it_is_not_ready(postgres_service, ports, new_postgres_database, postgres_server):
    service = postgres_service(settings=ports).start()
    postgres_server.stop()
    try:
        eventually(lambda: request("GET", service.api + "/ready").status == 503, what="not ready")
        found = examine(service)
    finally:
        postgres_server.start()
    assert found.codes[:2] == ["service_not_ready", "store_unavailable"]
    assert found.status == 1
    assert {"accounting", "platforms", "sources", "notify"} <= set(found.skipped), "none is left out silently"
    eventually(lambda: request("GET", service.api + "/ready").status == 200, what="ready again")
    assert examine(service).codes == ["durability_off"], "this server runs with fsync = off"
