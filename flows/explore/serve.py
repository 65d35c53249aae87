"""The command `phimill explore`: opens a run, prints the link, serves until it is interrupted."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import webbrowser
from pathlib import Path

from data.errors import UsageError

#: Where the explorer listens; nowhere else.
HOST = "127.0.0.1"


def explore(folder: Path, *, against: list[Path], labels: Path | None, port: int, opens: bool) -> None:
    """Serves the pages of a run on loopback.

    Args:
        folder: the run's out folder.
        against: out folders of runs to compare it with.
        labels: the labels file; default: labels.jsonl in the run's folder.
        port: 0 for any free one.
        opens: whether to open a browser.

    Raises:
        UsageError: nothing is published there, DuckDB is missing, or the port is taken.
    """
    import uvicorn

    from flows.explore.app import Explorer, make_app
    from flows.explore.guard import Session

    explorer = Explorer(folder, labels, against)
    with _listen(port) as listening:
        session = Session.new(listening.getsockname()[1])
        config = uvicorn.Config(
            make_app(explorer, session),
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,
            lifespan="off",
            proxy_headers=False,
            ws="none",
            timeout_graceful_shutdown=1,
        )
        print(f"phimill explore {folder}: {session.link}", flush=True)
        print("Only this link opens it, only on this machine. Ctrl-C ends it.", file=sys.stderr, flush=True)
        threading.Thread(target=explorer.warm, daemon=True, name="warm").start()
        if opens:
            webbrowser.open(session.link)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(128)  # now, so that who opens the link at once is only kept waiting
    except OSError as failure:
        listening.close()
        raise UsageError(
            f"--port {port}: cannot listen there ({failure.strerror}); leave it out for any free port"
        ) from failure
    return listening
