"""Writes log lines in a thread of its own: who logs never waits for who reads; what does not fit is dropped."""

import logging
import os
import queue
import select
import sys
import threading
from contextlib import nullcontext, suppress
from typing import TextIO

MOST_WAITING = 10_000
# Lines that are taken up at once. So many bytes of them a pipe takes whole: processes that share one tear no line.
MOST_AT_ONCE = 100
WHOLE = select.PIPE_BUF
# In seconds, at the end of a process.
FLUSH_WITHIN = 1.0


class LogWriter(logging.Handler):
    """Takes lines from any thread, and writes them in one."""

    def __init__(self, stream: TextIO, most_waiting: int = MOST_WAITING) -> None:
        """Take where to write; the thread ends with the process, or when this is closed."""
        super().__init__()
        self._stream = stream
        self._most_waiting = most_waiting
        self._waiting: queue.SimpleQueue[str | threading.Event] = queue.SimpleQueue()
        self._end = threading.Event()
        self._untold = 0
        self.dropped = 0
        threading.Thread(target=self._write_what_waits, name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Format what a library logs, and put it."""
        try:
            self.put(self.format(record))
        except Exception:  # noqa: BLE001 as every handler of logging's
            self.handleError(record)

    def put(self, line: str) -> None:
        """Let a line wait until it is written, or drop it."""
        if self._waiting.qsize() >= self._most_waiting:
            self.dropped += 1
            self._untold += 1
        else:
            self._waiting.put(line)

    def flush(self) -> None:
        """Wait until all is written that waits, but not for long."""
        written = threading.Event()
        self._waiting.put(written)
        written.wait(FLUSH_WITHIN)

    def close(self) -> None:
        """End the thread when it has written what waits."""
        self._waiting.put(self._end)
        super().close()

    def _write_what_waits(self) -> None:
        while not self._end.is_set():
            lines, written = self._next()
            if lines:
                self._write(lines)
                self._tell_of_dropped()
            if written:
                written.set()

    def _next(self) -> tuple[list[str], threading.Event | None]:
        """Wait for a line, and take those that wait behind it, up to a flush, or the end."""
        lines: list[str] = []
        while isinstance(item := self._waiting.get(), str):
            lines.append(item)
            if len(lines) == MOST_AT_ONCE or self._waiting.empty():
                return lines, None
        return lines, item

    def _tell_of_dropped(self) -> None:
        if self._untold:
            with self.lock or nullcontext():
                untold, self._untold = self._untold, 0
            text = "log.dropped: %d lines, because nobody read the log"
            self._write([self.format(logging.LogRecord(__name__, logging.WARNING, "", 0, text, (untold,), None))])

    def _write(self, lines: list[str]) -> None:
        """Write past Python's own buffers, whose lock who ends the process would wait for."""
        if self._stream not in (sys.__stderr__, sys.__stdout__):
            for line in lines:
                with suppress(OSError, ValueError):  # whom nobody listens to need not fail for that
                    self._stream.write(f"{line}\n")
            return
        with suppress(OSError, ValueError):
            whole = b""
            for line in lines:
                encoded = f"{line}\n".encode(self._stream.encoding, "backslashreplace")
                if whole and len(whole) + len(encoded) > WHOLE:
                    self._put_out(whole)
                    whole = b""
                whole += encoded
            self._put_out(whole)

    def _put_out(self, left: bytes) -> None:
        while left:
            try:
                left = left[os.write(self._stream.fileno(), left) :]
            except BlockingIOError:
                # A terminal that another program left non-blocking is waited for like a pipe.
                select.select([], [self._stream], [])
