"""The pipe to whoever starts a process in the background: once it is closed, its number may be a connection's."""

from __future__ import annotations

import os
import socket

from daemon.background import _Starter


def test_nothing_is_written_where_the_pipe_was() -> None:
    heard, told = os.pipe()
    starter = _Starter(told)
    starter.tell(ready=1)
    starter.leave()
    connection, client = socket.socketpair()
    with client, connection:
        if connection.fileno() != told:
            os.dup2(connection.fileno(), told)
        starter.tell(say="argo-proxy stopped.")
        starter.leave()
        connection.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""
        if connection.fileno() != told:
            os.close(told)
    with open(heard, "rb") as starters:
        assert starters.read() == b'{"ready": 1}\n'
