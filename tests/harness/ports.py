"""Ports for listeners whose address has to be known before they listen."""

import random
import socket

# Below what the system gives out by itself: no connection of anybody's takes one up between its choice and its use.
_PORTS = range(20000, 32000)
_marks = []  # sockets


def free_port():
    """One where nobody listens on this machine, and that no other test is given while this process lives: a socket for
    datagrams of the same number marks it."""
    for port in random.sample(_PORTS, len(_PORTS)):
        mark = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            mark.bind(("127.0.0.1", port))
            with socket.socket() as probe:
                probe.bind(("", port))
        except OSError:
            mark.close()
            continue
        _marks.append(mark)
        return port
    raise RuntimeError("no port is free")
