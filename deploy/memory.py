"""How often a process looks for garbage in cycles."""

import gc

YOUNG, MIDDLE, OLD = 20_000, 20, 20
"""New objects before the youngest are looked at, and of those looks how many before the older are (Python's own: 700, 10, 10). A request makes
thousands of objects and hardly a cycle; a tenth of the work was looking for them."""


def spare_the_collector() -> None:
    """What has been loaded stays: it is not looked at again. Called once a process is ready."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
