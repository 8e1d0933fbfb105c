"""What the benchmark needs beside the service's own dependencies: Debian packages, installed where they are missing."""

import os
import shutil
import subprocess
from pathlib import Path

from .processes import Failed

# Program → Debian package.
PROGRAMS = {
    "nginx": "nginx",
    "wrk": "wrk",
    "psql": "postgresql-client-15",
    "cmake": "cmake",
}
PEER_PROGRAMS = {
    "redis-server": "redis-server",
    "redis-cli": "redis-tools",
    "node": "nodejs",
    "npm": "npm",
}


def ensure(peers: bool) -> None:
    wanted = PROGRAMS | (PEER_PROGRAMS if peers else {})
    packages = [package for program, package in wanted.items() if not shutil.which(program)]
    if not any(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        packages.append("postgresql-15")
    if not packages:
        return
    print(f"installing {' '.join(packages)}", flush=True)
    root = [] if os.geteuid() == 0 else ["sudo"]
    # Services of these packages must not start by themselves: they would share the cores with what is measured.
    policy = Path("/usr/sbin/policy-rc.d")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    own_policy = os.geteuid() == 0 and not policy.exists()
    if own_policy:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        for arguments in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *packages]):
            if subprocess.run([*root, "apt-get", *arguments], env=environment, stdout=subprocess.DEVNULL).returncode != 0:
                raise Failed(f"apt-get {arguments[0]} failed; install these by hand: {' '.join(packages)}")
    finally:
        if own_policy:
            policy.unlink()
