from __future__ import annotations

import socket

import pytest

from lrs.processes.listener import CannotListen, listen
from tests.support.server import free_port


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_clients_wait_for_whoever_accepts(host: str) -> None:
    port = free_port()
    with listen(host, port) as listener, socket.create_connection((host, port), 5) as client:
        accepted, _ = listener.accept()
        with accepted:
            accepted.sendall(b"hello")
            assert client.recv(5) == b"hello"


def test_a_port_in_use_is_named() -> None:
    port = free_port()
    with listen("127.0.0.1", port), pytest.raises(CannotListen, match=f"port {port} of 127.0.0.1 is in use"):
        listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_refused(host: str) -> None:
    with pytest.raises(CannotListen, match=f"{host} is not an address of this machine"):
        listen(host, free_port())
