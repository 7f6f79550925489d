"""uvicorn as a server for strangers: bounded connections, our logging, no access log, a quick end."""

import gc
import socket
import threading
import time

import structlog
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.web.connections import Bounded, raise_the_limit

log = structlog.get_logger(__name__)

LEAVING = 0.5


def serve(
    app: Starlette,
    listener: socket.socket,
    stop: threading.Event,
    protocol: type[HttpToolsProtocol] = Bounded,
    proxies: str = "127.0.0.1",
) -> None:
    """Serve an app on a socket until an event is set. `proxies`: who is believed about whom a request comes from.

    Then it says that it is not ready for LEAVING seconds, and serves on: who hands out requests looks elsewhere
    meanwhile. Open requests have two seconds more.
    """
    app.state.is_leaving = stop.is_set
    Bounded.most = raise_the_limit()
    config = uvicorn.Config(
        app,
        http=protocol,
        log_config=None,
        access_log=False,  # the query of a push is nobody's business
        server_header=False,
        forwarded_allow_ips=proxies,
        timeout_graceful_shutdown=2,
        timeout_keep_alive=30,
    )
    server = uvicorn.Server(config)

    def end() -> None:
        stop.wait()
        time.sleep(LEAVING)
        server.should_exit = True

    threading.Thread(target=end, name="web-end", daemon=True).start()
    host, port = listener.getsockname()[:2]
    # What is loaded by now stays. The collector going through it held up one push in a hundred, 45 to 60 ms each.
    gc.collect()
    gc.freeze()
    log.info("web.listening", url=f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
    server.run(sockets=[listener])
