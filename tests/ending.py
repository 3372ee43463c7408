"""SIGTERM ends a test run as Ctrl-C does: fixtures are torn down, and the servers that they started end with it."""

import signal
from types import FrameType


def end_in_order() -> None:
    """From now on the first SIGTERM interrupts this process. Later ones find it ending already."""
    came: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        if came:
            return
        came.append(number)
        # As Ctrl-C would: in an event loop the handler of the loop. A shell's background job has none, it ignores Ctrl-C.
        as_ctrl_c = signal.getsignal(signal.SIGINT)
        (as_ctrl_c if callable(as_ctrl_c) else signal.default_int_handler)(signal.SIGINT, frame)

    signal.signal(signal.SIGTERM, interrupt)


def pytest_configure() -> None:
    """For `-p tests.ending`, and by `tests/conftest.py`."""
    end_in_order()
