"""A released event only grows. The files in `docs/events/released` are what has gone out; `python -m deploy.documents release` puts
the ones of today there."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from pydantic import create_model

from deploy.documents.events import EVENT_TYPES, _plain, file_of, schema_of, schema_text
from deploy.documents.everything import generated
from deploy.documents.release import RELEASED, release
from services.contracts.clocks import DUTIES
from services.contracts.events.base import Event
from services.contracts.events.escalation import ClockOverdue
from services.contracts.events.intake import CaseEvent
from tests.contracts.compat import Break, breaks

NOW = {kind.type_name(): kind for kind in EVENT_TYPES}
OUT = sorted(RELEASED.glob("*.json"))

READERS_FIRST: dict[str, str] = {
    **dict.fromkeys(
        (
            *(
                f"ClockStage.{stage}"
                for stage in ("COUNCIL", "UPPER_ACTION", "RECEIPT", "CURE", "FIRST_ACTION", "RELAY")
            ),
            *(f"ClockStage.{stage}" for stage in ("INFORMATION", "SUPERVISED_REPORT")),
        ),
        "0.2.0: the clocks of the ladder and of a pause",
    ),
    "ClockStage.PROGRESS": "0.2.0: the interval between two pieces of news to the reporter",
    **dict.fromkeys((f"ClockStage.{stage}" for stage in DUTIES), "0.2.0: what some sub-categories owe beside the work"),
}
"""Values of enums that came to released events, as in `{"ClockStage.RECEIPT": "0.2.0: …"}`, each with the release in which every reader
is upgraded before anything writes it. Until then an old reader holds such a record; it loses none."""


def refused(released: dict[str, Any], now: dict[str, Any]) -> list[Break]:
    """The breaks that nobody has answered for."""
    return [each for each in breaks(released, now) if each.grown not in READERS_FIRST]


def test_something_is_released() -> None:
    assert OUT, "run `python -m deploy.documents release`: without released schemas nothing is compared"


@pytest.mark.parametrize("file", OUT, ids=lambda file: file.stem)
def test_no_reader_of_a_released_event_is_broken(file: Path) -> None:
    kind = NOW.get(file.stem)
    assert kind is not None, (
        f"{file.stem} is gone, and its records stay on the topic: keep its class beside the new version"
    )
    found = refused(json.loads(file.read_text(encoding="utf-8")), schema_of(kind))
    assert not found, "\n".join(map(str, found))


def test_writing_the_documents_leaves_released_ones_alone() -> None:
    assert not [name for name in generated() if "released" in name]


def test_a_release_writes_all_of_today_and_takes_nothing_away(tmp_path: Path) -> None:
    gone = tmp_path / "org.yishi.intake.Gone.v1.json"
    gone.write_text("{}", encoding="utf-8")
    assert set(release(tmp_path)) == set(NOW)
    assert release(tmp_path) == []
    assert gone.exists()
    one = EVENT_TYPES[0]
    assert (tmp_path / Path(file_of(one)).name).read_text(encoding="utf-8") == schema_text(one)


# The checker itself, on the schema of a real event.

RELEASED_ONE = schema_of(ClockOverdue)


def changed(*path: str, **values: Any) -> dict[str, Any]:
    """The real schema with something set at a path."""
    schema: dict[str, Any] = deepcopy(RELEASED_ONE)
    target = schema
    for step in path:
        target = target[step]
    target.update(values)
    return schema


def without(*path: str) -> dict[str, Any]:
    """The real schema with something taken out."""
    schema: dict[str, Any] = deepcopy(RELEASED_ONE)
    target = schema
    for step in path[:-1]:
        target = target[step]
    del target[path[-1]]
    return schema


def enum_of(name: str, *values: str) -> dict[str, Any]:
    """The real schema with another list of values."""
    return changed("$defs", name, enum=list(values))


CLOCK = ("$defs", "MatterClock", "properties")
STAGES = RELEASED_ONE["$defs"]["ClockStage"]["enum"]

HARMLESS = {
    "nothing": deepcopy(RELEASED_ONE),
    "an optional field": changed("properties", since={"anyOf": [{"type": "string"}, {"type": "null"}]}),
    "an optional field deep inside": changed(*CLOCK, pausedBy={"type": "string", "pattern": "^n_"}),
    "another description": changed("properties", "urged", description="in other words"),
    "another order of values": enum_of("ClockStage", *reversed(STAGES)),
    "a definition of another name": json.loads(json.dumps(RELEASED_ONE).replace("ClockStage", "Stage")),
    "null beside a value": changed(
        "properties", urged={"anyOf": [RELEASED_ONE["properties"]["urged"], {"type": "null"}]}
    ),
}

HARMFUL = {
    "a field is gone": (without("properties", "informed"), "informed: the field is gone"),
    "a field deep inside is gone": (without(*CLOCK, "amberAt"), "custody.clocks[].amberAt: the field is gone"),
    "a field is renamed": (
        json.loads(json.dumps(RELEASED_ONE).replace('"dueAt"', '"due"')),
        "custody.clocks[].dueAt: the field is gone",
    ),
    "a field becomes required": (
        changed(required=[*RELEASED_ONE["required"], "informed"]),
        "informed: the field must be there",
    ),
    "a new field is required": (
        {**changed("properties", since={"type": "string"}), "required": [*RELEASED_ONE["required"], "since"]},
        "since: the field is new and must be there",
    ),
    "a field becomes optional": (
        changed(required=[each for each in RELEASED_ONE["required"] if each != "urged"]),
        "urged: the field may be absent",
    ),
    "a value is gone": (enum_of("ClockStage", *STAGES[1:]), f"the value {STAGES[0]} is gone"),
    "a value is new": (enum_of("ClockStage", *STAGES, "SOMETHING"), "the value SOMETHING is new"),
    "any value becomes a list": (changed(*CLOCK, startedAt={"type": "string", "enum": ["a"]}), "is one of a list"),
    "a list becomes any value": (without("$defs", "ClockStage", "enum"), "is any value"),
    "another type": (
        changed(*CLOCK, overdue={"type": "string"}),
        "custody.clocks[].overdue: boolean is not allowed any more",
    ),
    "one more type": (
        changed(*CLOCK, overdue={"anyOf": [{"type": "boolean"}, {"type": "integer"}], "default": False}),
        "custody.clocks[].overdue: integer was not allowed",
    ),
    "a narrower pattern": (changed("properties", "urged", pattern="^n_fed-[0-9]+$"), "urged: its pattern was"),
    "a wider pattern": (without("properties", "urged", "pattern"), "urged: its pattern was"),
    "a first limit": (
        changed("$defs", "CustodyState", "properties", "version", minimum=1),
        "custody.version: its minimum",
    ),
    "another default": (changed(*CLOCK, "provisional", default=True), "custody.clocks[].provisional: its default"),
    "another format": (changed(*CLOCK, "dueAt", format="date"), "custody.clocks[].dueAt: its format"),
    "other items": (
        changed("$defs", "CustodyState", "properties", "workers", items={"type": "integer"}),
        "custody.workers[]: string is not allowed",
    ),
    "unknown fields are refused": (
        changed("$defs", "MatterClock", additionalProperties=False),
        "unknown fields are refused",
    ),
}


@pytest.mark.parametrize("now", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_breaks_nobody_passes(now: dict[str, Any]) -> None:
    assert breaks(RELEASED_ONE, now) == ()


@pytest.mark.parametrize(("now", "sentence"), HARMFUL.values(), ids=HARMFUL.keys())
def test_what_breaks_a_reader_is_refused(now: dict[str, Any], sentence: str) -> None:
    found = [str(each) for each in breaks(RELEASED_ONE, now)]
    assert any(sentence in each for each in found), found
    assert all("make a new version of the event" in each for each in found)


def test_a_new_value_can_be_answered_for(monkeypatch: pytest.MonkeyPatch) -> None:
    now = enum_of("ClockStage", *STAGES, "SOMETHING_NEW")
    assert refused(RELEASED_ONE, now)
    monkeypatch.setitem(READERS_FIRST, "ClockStage.SOMETHING_NEW", "readers are upgraded first")
    assert refused(RELEASED_ONE, now) == []
    assert refused(RELEASED_ONE, enum_of("ClockStage", *STAGES[1:], "RECEIPT")), "and nothing else with it"


def test_a_model_that_grows_by_an_optional_field_passes_and_one_that_shrinks_does_not() -> None:
    """From models to the verdict, without a schema written by hand."""

    def of(kind: type[Event]) -> dict[str, Any]:
        plain: dict[str, Any] = _plain(kind.model_json_schema(mode="serialization"))
        return plain

    class Told(CaseEvent):
        told: int
        by: str | None = None

    grown = create_model("Told", __base__=Told, since=(int | None, None))
    stricter = create_model("Told", __base__=Told, by=(str, ...))
    assert breaks(of(Told), of(grown)) == ()
    assert [each.place for each in breaks(of(grown), of(Told))] == ["since"]
    assert [each.place for each in breaks(of(Told), of(stricter))] == ["by"]
