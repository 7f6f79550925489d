"""uvicorn as a server for strangers: bounded heads, our logging, no access log, a quick end."""

import socket
import threading
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = structlog.get_logger(__name__)

# httptools reads a request's head for as long as it comes.
LARGEST_HEAD = 64 * 1024


class BoundedHead(HttpToolsProtocol):
    """HTTP that hangs up on a request line and headers of more than 64 KiB."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what uvicorn gives."""
        super().__init__(*args, **kwargs)
        self._head = 0
        self._in_head = True

    def data_received(self, data: bytes) -> None:
        """Count what comes before the end of the headers."""
        self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > LARGEST_HEAD:
            self.transport.close()

    def on_headers_complete(self) -> None:
        """Note that the rest is body, which has a limit of its own."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that another request may begin."""
        super().on_message_complete()
        self._head, self._in_head = 0, True


def serve(
    app: Starlette, listener: socket.socket, stop: threading.Event, protocol: type[HttpToolsProtocol] = BoundedHead
) -> None:
    """Serve an app on a socket until an event is set; open requests then have two seconds."""
    config = uvicorn.Config(
        app,
        http=protocol,
        log_config=None,
        access_log=False,  # the query of a push is nobody's business
        server_header=False,
        timeout_graceful_shutdown=2,
        timeout_keep_alive=30,
    )
    server = uvicorn.Server(config)

    def end() -> None:
        stop.wait()
        server.should_exit = True

    threading.Thread(target=end, name="web-end", daemon=True).start()
    host, port = listener.getsockname()[:2]
    log.info("web.listening", url=f"http://{host}:{port}")
    server.run(sockets=[listener])
