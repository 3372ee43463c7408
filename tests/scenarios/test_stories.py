"""Every story of the demonstration on both systems, with nobody else about: per step the states of the three platforms, the holder, the
clock, exactly who was told, the counters that moved; and what must not be known is in no answer, push, topic or log (domain 1.6)."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from deploy.demo import notation, roster
from deploy.demo.client import Front
from deploy.demo.clockworks import LIFETIME
from deploy.demo.days import close, morning
from deploy.demo.player import Seen, clock_of, play
from deploy.demo.seed import operator, seed
from deploy.demo.stories.base import Scene, Story, Tier
from deploy.demo.stories.shelf import stories
from deploy.serving import served
from tests.access.test_canary import logged, on_topics
from tests.harness import Harness
from tests.straight import Straight

pytestmark = pytest.mark.timeout(600)
TITLE = re.compile(r"^S\d\d$")


class Moved:
    """The harness, as the player moves it."""

    patience = 0.0

    def __init__(self, system: Harness) -> None:
        self.now = system.clock.now
        self.settle = system.settle
        self._system = system

    async def forward(self, by: timedelta) -> None:
        await self._system.advance(seconds=by.total_seconds())


@pytest_asyncio.fixture
async def front(system: Harness) -> AsyncIterator[Front]:
    """The harness with the demonstration's people in it: their sockets come through a port, their tens of thousands of questions do not (that
    the whole of a story comes through one is shown by the command's own tests)."""
    calls = system.system.wiring.calls
    assert calls is not None
    await seed(calls, system.issuer.token(operator(), system.clock.now()))
    await system.settle()
    async with served(system.system.app) as url:
        found = Front(
            url, lambda name: system.issuer.token(roster.caller(name), system.clock.now(), LIFETIME), Moved(system)
        )
        await found.http.aclose()
        found.http = Straight(system.system.app, url)
        yield found
        await found.close()


@pytest.mark.parametrize("story", stories(), ids=lambda story: story.id)
async def test_the_story_holds(system: Harness, front: Front, story: Story) -> None:
    await system.let_all_run_out()
    scene = Scene(front)
    with logged() as log:
        # What an answer holds is decided above the adapters: on the embedded system everybody is asked after every step.
        every = 6 if system.kind == "kafka" else 1
        played = [step async for step in play(front, story, scene, alone=True, every=every)]
    wrong = [f"{step.step.row} {step.step.actor} {step.step.command}: {step.error}" for step in played if not step.ok]
    assert not wrong, "\n".join(wrong)
    assert len(played) == len(story.steps)
    assert {each.who for step in played for each in step.never} >= {never.who for never in story.never}

    words = {word for matter in scene.matters.values() for word, tier in matter.secrets.items() if tier > Tier.ENTRY}
    photos = {photo.id for matter in scene.matters.values() for photo in matter.photos}
    words -= photos
    assert words, "something was said"
    records = await on_topics(system)
    ids = {matter.case_id.encode() for matter in scene.matters.values()}
    assert any(case_id in record for _, record in records for case_id in ids), "the search sees what is there"
    assert [topic for topic, record in records if any(word.encode() in record for word in words)] == []
    assert [line for line in log.getvalue().splitlines() if any(word in line for word in words)] == []
    await system.no_dead_letters()


def test_every_story_is_told_by_roles_alone() -> None:
    """Rows in order, people of the roster, ids as the scenarios name them."""
    names = {*roster.names(), "anonymous", "time"}
    for story in stories():
        assert TITLE.match(story.id)
        assert {step.actor for step in story.steps} <= names
        assert {never.who for never in story.never} <= names
        assert story.observer in names
        rows = [step.row for step in story.steps]
        assert rows == sorted(rows), story.id
        told = {each.who for step in story.steps for each in step.expect.told if not each.who.startswith("group:")}
        assert told <= names, story.id


def test_the_platforms_in_the_notation_of_the_scenarios() -> None:
    nothing: dict[str, list[dict[str, str | None]]] = {"sessions": [], "resolutions": [], "items": [], "workOrders": []}
    village = [{"level": "VILLAGE", "state": "RECEIVED"}]
    assert notation.council(nothing) == notation.follow_up({**nothing, "entries": village}) == "–"
    sessions = [{"stage": "CLOSED_NO_RESOLUTION"}, {"stage": "CLOSED_RESOLVED"}]
    items = [{"stage": "ASSIGNED", "resolutionId": "r_1"}] * 2 + [{"stage": "VERIFIED", "resolutionId": None}]
    docket = {"sessions": sessions, "resolutions": [{"stage": "IN_EXECUTION"}], "items": items}
    assert notation.council(docket) == (
        "CLOSED_RESOLVED, resolution IN_EXECUTION, 2 items ASSIGNED, interim item VERIFIED"
    )
    entries = [{"level": "COUNTY", "state": "INFORMED"}, *village]
    orders = [{"state": "SIGNED"}, {"state": "ISSUED"}, {"state": "SIGNED"}]
    assert notation.follow_up({"entries": entries, "workOrders": orders}) == (
        "V RECEIVED, C INFORMED, 2 orders SIGNED, order ISSUED"
    )


def test_by_night_the_acknowledgement_may_be_due_after_the_decision() -> None:
    night = Seen(clock=("TRIAGE", "…"), running=frozenset({"ACK", "TRIAGE"}))
    acknowledged = Seen(clock=("TRIAGE", "…"), running=frozenset({"TRIAGE"}))
    not_yet = Seen(clock=("ACK", "…"), running=frozenset({"ACK", "TRIAGE"}))
    assert clock_of(night, "ACK", by_day=False) == "ACK"
    assert clock_of(night, "ACK", by_day=True) == "TRIAGE", "where the clock is the story's own, it is exact"
    assert clock_of(acknowledged, "ACK", by_day=False) == "TRIAGE"
    assert clock_of(not_yet, "TRIAGE", by_day=False) == "ACK", "it is waited for until she has acknowledged"
    assert clock_of(Seen(), None, by_day=False) is None


def test_whose_inboxes_are_read_for_a_place() -> None:
    around = roster.around(["211224100012"])
    assert {"hongyun-neighbour", "hongyun-city-chair", "province-chair", "operator"} <= set(around)
    assert not {"chair", "city-chair", "pingfang-chair"} & set(around)
    assert {*around, *roster.around(["210302003008"]), *roster.around(["211321116200"])} == set(roster.names())


def test_working_days_of_a_story() -> None:
    friday = datetime.fromisoformat("2026-11-27T10:30:00+08:00")
    assert morning(friday, 1).isoformat() == "2026-11-30T09:00:00+08:00"
    assert close(friday, 0).isoformat() == "2026-11-27T17:00:00+08:00"
    over_the_holiday = datetime.fromisoformat("2026-09-30T09:00:00+08:00")
    assert close(over_the_holiday, 5).isoformat() == "2026-10-13T17:00:00+08:00"
