"""Crash points: where a test's process kills itself, to show that nothing is lost and nothing done twice (design 3, outbox and inbox)."""

import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Self

from services.contracts.base import Model


class Point(StrEnum):
    """The moments between two writes that belong together."""

    BEFORE_COMMIT = "before-commit"
    """A command has decided and written; its transaction has not committed."""
    AFTER_COMMIT = "after-commit"
    """A command's transaction has committed; nobody has been answered."""
    BEFORE_OFFSETS = "before-offsets"
    """A consumer's effects have committed; the bus does not know it yet."""
    BEFORE_MARK = "before-mark"
    """The relay's records are acknowledged; their outbox rows still count as unsent."""


CrashAt = Callable[[Point], None]
"""Called when a process comes by a point; outside crash tests it does nothing."""


class CrashPlan(Model):
    """One point with its odds, written as `point:probability:seed`."""

    point: Point
    probability: float
    seed: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError."""
        with suppress(ValueError):
            point, probability, seed = text.split(":")
            return cls(point=Point(point), probability=float(probability), seed=int(seed))
        points = ", ".join(point.value for point in Point)
        raise ValueError(f"{text!r} is no crash point: write point:probability:seed, with a point of {points}")


def never(_point: Point) -> None:
    """What everybody but a crash test has."""


def crash_at(plans: str, hits: Path, service: str) -> CrashAt:
    """From comma-separated plans: at a point that its dice choose, write `point service pid` to the file of hits, to the disk, and end
    by SIGKILL. Raises ValueError."""
    if not plans:
        return never
    parsed = [CrashPlan.parse(plan) for plan in plans.split(",")]
    # Each service has dice of its own: what one does moves no other's.
    dice = {plan.point: (plan.probability, random.Random(f"{plan.seed} {service}")) for plan in parsed}  # noqa: S311

    def come_by(point: Point) -> None:
        probability, rolls = dice.get(point, (0.0, None))
        if rolls is None or rolls.random() >= probability:
            return
        with hits.open("a", encoding="ascii") as file:
            file.write(f"{point.value} {service} {os.getpid()}\n")
            file.flush()
            os.fsync(file.fileno())
        os.kill(os.getpid(), signal.SIGKILL)

    return come_by
