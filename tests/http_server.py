"""A small HTTP server on this machine, for tests of what calls other programs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer

POLL = 0.01  # s between two looks at whether to end; the library's own half second is felt after every test


@contextmanager
def running(server: HTTPServer) -> Iterator[str]:
    """Runs a server in a thread and yields its address, `http://127.0.0.1:PORT`."""
    thread = threading.Thread(target=server.serve_forever, args=(POLL,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
