"""A scenario begins on a Monday morning, and may change its city's limits."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from services.escalation.limits_file import load
from services.escalation.rules.limits import RuleBook
from tests.harness import Harness, Place

Restart = Callable[[str], None]


@pytest_asyncio.fixture(autouse=True)
async def monday(request: pytest.FixtureRequest) -> None:
    """What is due in so many working days is then due in the same number of days, whatever ran before."""
    if "system" in request.fixturenames:
        await request.getfixturevalue("system").to_a_monday()


@pytest.fixture
def restart(system: Harness, place: Place, tmp_path: Path) -> Iterator[Restart]:
    """Escalation goes on with this as the file of the place's city, as after a restart."""
    room = system.room("escalation")
    before = room.get(RuleBook)

    def go_on(text: str) -> None:
        (tmp_path / f"limits.{place.city}.yaml").write_text(text, encoding="utf-8")
        room.put(RuleBook, load(tmp_path))

    yield go_on
    room.put(RuleBook, before)
