"""A proxy before a server that can fall silent: it goes on taking bytes, and carries none any further."""

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

LOOK_EVERY = 0.1


class Tunnel:
    """Carries connections to a port of this machine."""

    def __init__(self, target: int, tls: ssl.SSLContext | None = None) -> None:
        self._target = target
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._carrying: set[threading.Event] = set()
        self._threads = [threading.Thread(target=self._accept, name="tunnel", daemon=True)]
        self._threads[0].start()

    def fall_silent(self) -> int:
        """Carry nothing any more over the connections that there are, and say how many; new ones work."""
        with self._lock:
            for silent in self._carrying:
                silent.set()
            return len(self._carrying)

    def close(self) -> None:
        """End all connections, and take no more."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with closing(self._listener):
            while not self._ended.is_set():
                if select.select([self._listener], [], [], LOOK_EVERY)[0]:
                    client, _ = self._listener.accept()
                    thread = threading.Thread(target=self._carry, args=(client,), daemon=True)
                    self._threads.append(thread)
                    thread.start()

    def _carry(self, accepted: socket.socket) -> None:
        silent = threading.Event()
        try:
            client = self._tls.wrap_socket(accepted, server_side=True) if self._tls else accepted
        except OSError:
            accepted.close()
            return
        with closing(client), closing(socket.socket()) as server:
            if server.connect_ex(("127.0.0.1", self._target)):
                return
            with self._lock:
                self._carrying.add(silent)
            other = {client: server, server: client}
            try:
                while not self._ended.is_set():
                    for source in select.select([client, server], [], [], LOOK_EVERY)[0]:
                        carried = source.recv(65536)
                        if not carried:
                            return
                        while isinstance(source, ssl.SSLSocket) and source.pending():
                            carried += source.recv(65536)
                        if not silent.is_set():
                            other[source].sendall(carried)
            except OSError:
                return
            finally:
                with self._lock:
                    self._carrying.discard(silent)


@contextmanager
def tunnel(target: int, tls: ssl.SSLContext | None = None) -> Iterator[Tunnel]:
    """Give a tunnel to a port of this machine, until the block ends; over TLS it ends that."""
    made = Tunnel(target, tls)
    try:
        yield made
    finally:
        made.close()
