"""The Debian package and the systemd unit, as far as they can be tried without taking over the machine."""

import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest

from harness.service import binary, request

SOURCE = pathlib.Path(__file__).parents[2]
UNIT = "lib/systemd/system/yizhan.service"


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=300,
                          **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    run("cpack", "-G", "DEB", "--config", pathlib.Path(binary()).parent / "CPackConfig.cmake", "-B", folder)
    (made,) = folder.glob("*.deb")
    return made


@pytest.fixture(scope="module")
def installed(package, tmp_path_factory):
    """A root of its own into which dpkg installed the package, with its maintainer scripts run."""
    root = tmp_path_factory.mktemp("root")
    for folder in ("var/lib/dpkg/updates", "var/lib/dpkg/info"):
        (root / folder).mkdir(parents=True)
    for file in ("status", "available"):
        (root / "var/lib/dpkg" / file).touch()
    # fakeroot stands in for root; what the package depends on is on this machine, not in that root.
    run("fakeroot", "dpkg", f"--root={root}", "--log=/dev/null", "--force-depends", "--force-script-chrootless",
        "--install", package, env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})
    return root


def test_the_package_names_what_it_needs(package):
    needs = run("dpkg-deb", "-f", package, "Depends")
    for library in ("libc6", "libpq5", "libsqlite3-0", "libssl3", "adduser"):
        assert library in needs, needs
    files = run("dpkg-deb", "-c", package)
    for path in ("./usr/bin/yizhan", f"./{UNIT}", "./etc/yizhan/yizhan.toml", "./usr/share/doc/yizhan/README.md",
                 "./usr/share/yizhan/grafana/yizhan.json", "./usr/share/yizhan/prometheus/alerts.yml"):
        assert path in files, files
    assert not re.search(r"unit_|store_contract|\.a$", files, re.M), files


def test_what_was_installed_starts_with_its_own_settings(installed, tmp_path):
    exec_start = re.search(r"^ExecStart=/usr/bin/yizhan (.*)$", (installed / UNIT).read_text(), re.M).group(1)
    arguments = exec_start.replace("/var/lib/yizhan", str(tmp_path / "data")).split()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YIZHAN_")}
    environment.update(YIZHAN_CONFIG=str(installed / "etc/yizhan/yizhan.toml"), YIZHAN_API_LISTEN="127.0.0.1:0",
                       YIZHAN_RECEIVE_LISTEN="127.0.0.1:0", YIZHAN_PUSH_LISTEN="127.0.0.1:0")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(60)
        process = subprocess.Popen([installed / "usr/bin/yizhan", *arguments], stdout=subprocess.PIPE, text=True,
                                   stderr=subprocess.DEVNULL,
                                   env={**environment, "NOTIFY_SOCKET": str(tmp_path / "notify")})
        try:
            assert supervisor.recv(100) == b"READY=1"
            api = re.search(r"api=(\S+)", process.stdout.readline()).group(1)
            assert request("GET", f"http://{api}/ready").status == 200
            process.send_signal(signal.SIGTERM)
            assert supervisor.recv(100) == b"STOPPING=1"
            assert process.wait(60) == 0
        finally:
            process.kill()


def test_the_unit_is_accepted_and_hardened(installed, tmp_path):
    # The program is not at its place on this machine, so the unit is checked with the place where it is.
    unit = tmp_path / "yizhan.service"
    text = (installed / UNIT).read_text()
    unit.write_text(text.replace("/usr/bin/yizhan", str(installed / "usr/bin/yizhan"))
                    .replace("User=yizhan", "User=daemon").replace("Group=yizhan", "Group=daemon")
                    .replace("file:///usr/share/doc/yizhan/README.md", "https://example.org/"))
    verified = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit)],
                              capture_output=True, text=True, check=False)
    complaints = [line for line in verified.stderr.splitlines() if "yizhan" in line]
    assert verified.returncode == 0 and not complaints, verified
    # 10 is exposed, 0 is nothing left to expose.
    run("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)


def test_the_package_s_settings_are_the_documented_ones(installed):
    assert (installed / "etc/yizhan/yizhan.toml").read_bytes() == (SOURCE / "docs/yizhan.sample.toml").read_bytes()
