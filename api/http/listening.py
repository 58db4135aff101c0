"""Where the server listens, and how this machine reaches it."""

import errno
import socket

from paintgraph.base.errors import Error


class ListenError(Error):
    """The server cannot listen there."""

    code = "cannot_listen"


def listening(host: str, port: int, flag: str = "--port") -> socket.socket:
    """A socket that can listen at once where a server was killed before; raises ListenError.

    The port is the one of a `flag` of `paintgraph serve`.
    """
    family = socket.AF_INET6 if ":" in host or not host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, dualstack_ipv6=not host)
    except OSError as error:
        why = (
            f"another program listens there. End it, or choose another port with {flag}."
            if error.errno == errno.EADDRINUSE
            else f"{error.strerror}. Choose another host with --host."
        )
        raise ListenError(f"cannot listen at '{host}:{port}': {why}") from error


def reachable(address: str) -> str:
    """The address at which this machine reaches a server that may listen on all of them."""
    return address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
