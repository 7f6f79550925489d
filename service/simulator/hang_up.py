"""HTTP that can end without an answer: the simulator drops connections when it is told to."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HANG_UP = "weaudit.hang_up"


class HangsUp(HttpToolsProtocol):
    """Offers the app to end the connection: scope["extensions"][HANG_UP]["now"]()."""

    def on_headers_complete(self) -> None:
        """Put the offer where the app finds it."""
        self.scope["extensions"] = {HANG_UP: {"now": self.transport.abort}}
        super().on_headers_complete()
