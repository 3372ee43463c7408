"""A scenario begins on a Monday morning."""

import pytest
import pytest_asyncio


@pytest_asyncio.fixture(autouse=True)
async def monday(request: pytest.FixtureRequest) -> None:
    """What is due in so many working days is then due in the same number of days, whatever ran before."""
    if "system" in request.fixturenames:
        await request.getfixturevalue("system").to_a_monday()
