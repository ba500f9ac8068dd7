"""The socket that the API listens on: opened by the parent, so that it outlives an API that is started again."""

from __future__ import annotations

import errno
import socket

_BACKLOG = 2048


class CannotListen(Exception):
    """The address cannot be listened on; the message says why."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, which children may inherit. Raises CannotListen."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except socket.gaierror as error:
        raise CannotListen(f"{host} is not an address of this machine: {error.strerror}") from error
    except OSError as error:
        reasons = {
            errno.EADDRINUSE: f"port {port} of {host} is in use: stop who listens there, or choose another --port",
            errno.EACCES: f"port {port} may not be opened by this user: choose one above 1023",
            errno.EADDRNOTAVAIL: f"{host} is not an address of this machine",
        }
        reason = reasons.get(error.errno or 0, f"{host}:{port} cannot be listened on: {error.strerror}")
        raise CannotListen(reason) from error
