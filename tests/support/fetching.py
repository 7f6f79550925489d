"""A process that fetches a mini program's token in several threads at once, when it is told to."""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from handlers.context import open_context
from service.settings import Outbound, given


def main(appid: str, threads: int, settings: str) -> None:
    """Say ready, wait for a line, fetch, and print the tokens that were got."""
    with open_context(given(Outbound, **json.loads(settings))) as context, ThreadPoolExecutor(threads) as pool:
        together = threading.Barrier(threads + 1)

        def fetch(_: int) -> str:
            together.wait()
            return context.wechat.tokens.authorizer(appid)

        fetched = pool.map(fetch, range(threads))
        print("ready", flush=True)  # noqa: T201 this is how it speaks
        sys.stdin.readline()
        together.wait()
        print(json.dumps(sorted(set(fetched))), flush=True)  # noqa: T201 the same


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
