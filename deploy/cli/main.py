"""The `yishi` command, as it begins. What takes a second or two to load is loaded where Ctrl-C is heard."""

import signal
import sys

INTERRUPTED = 130
"""What a shell says of a command that Ctrl-C stopped."""


def main() -> None:
    """The entry point. Ctrl-C is no error: no traceback, however often it is pressed."""
    try:
        from deploy.cli.commands import run

        run()
    except KeyboardInterrupt:
        print("尚未开始即已停止，可再次执行。Stopped before anything was begun: run it again.", file=sys.stderr)
        _leave()
    except SystemExit as ended:
        if ended.code != INTERRUPTED:
            raise
        _leave()


def _leave() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(INTERRUPTED)
