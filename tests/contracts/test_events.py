"""Events on the wire: there and back, as their schemas say, and what is held when a record cannot be read."""

import json
import types
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, TypeAdapter, ValidationError

from deploy.documents.events import EVENT_TYPES, file_of
from services.chassis.wire import (
    MAX_RECORD,
    Record,
    UnknownType,
    UnknownVersion,
    Unreadable,
    decode,
    headers_of,
    value_of,
)
from services.contracts.cases import SubCategory
from services.contracts.council import ItemPeople, PeopleState, SessionPeople, StandingMember
from services.contracts.events.base import Event
from services.contracts.events.council import (
    CouncilEvent,
    MembershipBegun,
    MembershipEnded,
    MembershipOffered,
    PeopleChanged,
)
from services.contracts.events.intake import AccessChanged, CaseLeft, NodeChanged, RegionChanged
from services.contracts.events.notify import InboxState
from services.contracts.ids import MemberId, ProfileName
from services.contracts.organisation import Membership, Node, NodeKind, Role
from services.contracts.regions import Region
from services.contracts.states import AccessState
from services.contracts.topics import BY_NAME, INTAKE_CASE, INTAKE_ROSTER, TOPICS, Topic
from tests.contracts.samples import events, pattern_of

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
CASE = "2103-01JD2Z7Y3W8V5T4S3R2Q1P0N9M"
each_event = pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.type_name())


@cache
def committed(kind: type[Event]) -> Draft202012Validator:
    """The committed schema of an event's data."""
    schema = json.loads((ROOT / file_of(kind)).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def topic_of(kind: type[Event]) -> Topic:
    """A topic that the event travels on."""
    return next(topic for topic in TOPICS if kind in topic.events)


def record_of(event: Event, **changed: Any) -> Record:
    """The event as a bus delivers it; parts of the record can be changed."""
    parts: dict[str, Any] = {
        "topic": topic_of(type(event)).in_cell("21"),
        "partition": 0,
        "offset": 7,
        "key": event.key,
        "value": value_of(event),
        "headers": headers_of(event, "01JD2Z7Y3W8V5T4S3R2Q1P0N9M", "21", "c-1"),
    }
    return Record(**{**parts, **changed})


@each_event
def test_an_event_goes_as_its_committed_schema_says_and_comes_back_as_it_went(kind: type[Event]) -> None:
    """Also when it comes with fields that nobody knows yet."""
    for event in events(kind, 20):
        assert kind.model_validate_json(event.model_dump_json()) == event
        assert decode(record_of(event), topic_of(kind)) == event
        value = json.loads(value_of(event))
        grown = _grown(value)
        for each in (value, grown):
            committed(kind).validate(each)
        assert decode(record_of(event, value=json.dumps(grown).encode()), topic_of(kind)) == event


def _grown(value: Any) -> Any:
    """The same with an unknown field in every object."""
    if isinstance(value, list):
        return [_grown(each) for each in value]
    if isinstance(value, dict):
        return {**{name: _grown(each) for name, each in value.items()}, "ofALaterVersion": {"deep": [1]}}
    return value


@each_event
def test_a_schema_refuses_a_record_without_its_parts(kind: type[Event]) -> None:
    """Guards the test above: a schema that lets everything pass would pass it."""
    assert not committed(kind).is_valid({})
    assert not committed(kind).is_valid([])


def left() -> CaseLeft:
    """The smallest event."""
    return CaseLeft(at=NOW, case_id=CASE, case_version=3)


def type_header(name: str) -> dict[str, str]:
    """Its headers, with another type."""
    return {**headers_of(left(), "e-1", "21", "c-1"), "ce_type": name}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("org.yishi.intake.CaseVanished.v1", UnknownType),
        ("org.yishi.intake.NodeChanged.v1", UnknownType),  # known, but not on this topic
        ("", UnknownType),
        ("CaseLeft", UnknownType),
        (".v1", UnknownType),
        ("org.yishi.intake.CaseLeft.v2", UnknownVersion),
        ("org.yishi.intake.CaseLeft.v0", UnknownVersion),
    ],
)
def test_a_type_or_version_that_the_code_does_not_know(name: str, reason: type[Unreadable]) -> None:
    with pytest.raises(Unreadable) as held:
        decode(record_of(left(), headers=type_header(name)), INTAKE_CASE)
    assert type(held.value) is reason


def test_a_record_without_a_type() -> None:
    with pytest.raises(UnknownType):
        decode(record_of(left(), headers={}), INTAKE_CASE)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\xff\xfe",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'{"at": "2026-11-23T09:00:00", "caseId": "2103-01JD2Z7Y3W8V5T4S3R2Q1P0N9M", "caseVersion": 3}',  # no offset
        b'{"at": "2026-11-23T09:00:00Z", "caseId": "2203-01JD2Z7Y3W8V5T4S3R2Q1P0N9M", "caseVersion": 3}',  # of no city of ours
    ],
)
def test_a_value_that_cannot_be_decoded(value: bytes | None) -> None:
    with pytest.raises(Unreadable) as held:
        decode(record_of(left(), value=value), INTAKE_CASE)
    assert held.value.reason == "UNDECODABLE"


def test_what_a_dead_letter_says_of_an_undecodable_value_quotes_none_of_it() -> None:
    value = b'{"at": "CANARY-4711", "caseId": "CANARY-4711", "caseVersion": "CANARY-4711"}'
    with pytest.raises(Unreadable) as held:
        decode(record_of(left(), value=value), INTAKE_CASE)
    assert "CANARY" not in str(held.value)
    assert "caseId" in str(held.value)


def test_a_record_whose_key_is_not_its_subject() -> None:
    with pytest.raises(Unreadable, match="key"):
        decode(record_of(left(), key="2103-01JD2Z7Y3W8V5T4S3R2Q1P0N9X"), INTAKE_CASE)


def test_a_record_over_the_limit_is_refused() -> None:
    member = Membership(member="m_0001", role=Role.RESIDENT, since=NOW)
    node = Node(id="n_group-1", kind=NodeKind.GROUP, region="210302003001", name="群", members=(member,) * 100)
    assert len(value_of(NodeChanged(at=NOW, node=node, node_version=1))) < MAX_RECORD
    many = node.model_copy(update={"members": (member,) * 10_000})
    with pytest.raises(ValueError, match=f"at most {MAX_RECORD}"):
        value_of(NodeChanged(at=NOW, node=many, node_version=1))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="without a zone"):
        CaseLeft(at=datetime(2026, 11, 23, 9), case_id=CASE, case_version=3)  # noqa: DTZ001


def test_every_event_type_has_one_owner_and_one_name() -> None:
    assert len({kind.type_name() for kind in EVENT_TYPES}) == len(EVENT_TYPES)
    for topic in TOPICS:
        assert {kind.service for kind in topic.events} == {topic.owner}, topic.name
        assert topic.owner not in topic.readers
    assert BY_NAME["intake.roster.v1"] is INTAKE_ROSTER


# What events never carry (design 3): free text, and a person beside a matter.

REVIEWED: dict[tuple[type[BaseModel], str], str] = {
    (Node, "name"): "the public name of an organisation, from the operator's roster",
    (Node, "name_en"): "the same in English",
    (Region, "name"): "the official name of a region",
}
"""Fields of events that are strings without a pattern, each with the reason why no person's words can get in."""

PERSONS: dict[tuple[type[BaseModel], str], str] = {
    (AccessState, "reporters"): "the access topic is where persons and matters are joined, and the only one",
    (AccessState, "bystanders"): "the same",
    (AccessState, "writers"): "the same",
    (AccessState, "circle"): "the same",
    (AccessState, "barred"): "the same",
    (AccessState, "dismissed"): "the same",
    (Membership, "member"): "who is in office at a node: names no matter",
    (Membership, "deputy_for"): "the same, and for whom she stands in",
    (
        PeopleState,
        "guests",
    ): "the topic of people joins those whom a council invites to a matter, as the access topic does",
    (PeopleState, "private_guests"): "the same",
    (PeopleChanged, "left"): "the same, for as long as it takes to tell them",
    (PeopleChanged, "relieved"): "the same",
    (SessionPeople, "convenor"): "the same",
    (SessionPeople, "invited"): "the same",
    (SessionPeople, "present"): "the same",
    (SessionPeople, "voters"): "the same",
    (SessionPeople, "recused"): "the same",
    (ItemPeople, "assignee"): "the same",
    (ItemPeople, "before"): "the same",
    (ItemPeople, "assigner"): "the same",
    (ItemPeople, "workers"): "the same",
    (StandingMember, "address"): "a standing member of a council, and the matter that she was admitted because of",
    (MembershipOffered, "address"): "the same",
    (MembershipBegun, "address"): "the same",
    (MembershipEnded, "address"): "the same",
    (InboxState, "address"): "whose inbox has an entry: names no matter",
}
"""Fields of events that hold a member's opaque id."""


def fields(
    kind: type[BaseModel], seen: set[type[BaseModel]] | None = None
) -> Iterator[tuple[type[BaseModel], str, str | None]]:
    """Every string of a model and of the models inside it: (model, field, its pattern or None)."""
    seen = seen if seen is not None else set()
    if kind in seen:
        return
    seen.add(kind)
    for name, field in kind.model_fields.items():
        for leaf, metadata in _leaves(field.annotation, list(field.metadata)):
            if isinstance(leaf, type) and issubclass(leaf, BaseModel):
                yield from fields(leaf, seen)
            elif leaf in (Any, object, dict, bytes):
                yield kind, name, None
            elif isinstance(leaf, type) and issubclass(leaf, str) and not issubclass(leaf, Enum):
                yield kind, name, pattern_of(metadata)


def _leaves(annotation: Any, metadata: list[Any]) -> Iterator[tuple[Any, list[Any]]]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _leaves(arguments[0], [*metadata, *arguments[1:]])
    elif origin in (Union, types.UnionType):
        for each in arguments:
            yield from _leaves(each, metadata)
    elif origin is tuple:
        for each in arguments:
            if each is not Ellipsis:
                yield from _leaves(each, [])
    elif origin is not None:
        yield object, []  # a dict or the like: whatever may stand in it
    else:
        yield annotation, metadata


def member_pattern() -> str:
    """How a person's id is recognised."""
    return str(pattern_of(get_args(MemberId))).strip("^$")


@each_event
def test_no_event_has_room_for_free_text(kind: type[Event]) -> None:
    open_ones = {(model, name) for model, name, pattern in fields(kind) if pattern is None}
    assert open_ones <= set(REVIEWED), (
        "a string without a pattern could carry what somebody wrote: constrain it, or review it and give the reason in REVIEWED: "
        + ", ".join(f"{model.__name__}.{name}" for model, name in open_ones - set(REVIEWED))
    )


@each_event
def test_no_event_names_a_person_outside_the_access_topic(kind: type[Event]) -> None:
    people = {(model, name) for model, name, pattern in fields(kind) if pattern and member_pattern() in pattern}
    assert people <= set(PERSONS)
    if "caseId" in json.dumps(kind.model_json_schema()):
        joins = issubclass(kind, AccessChanged | PeopleChanged | CouncilEvent)
        assert not people or joins, "nothing but the access topics may join a person to a matter"


def test_what_was_reviewed_is_still_there() -> None:
    """A reason for a field that is gone would let a new one of that name pass unread."""
    found = {(model, name) for kind in EVENT_TYPES for model, name, _ in fields(kind)}
    assert set(REVIEWED) | set(PERSONS) <= found


def test_the_walk_finds_free_text() -> None:
    """Guards the tests above."""

    class Inner(BaseModel):
        remark: str | None = None
        extra: dict[str, str] = {}

    class Outer(BaseModel):
        inner: tuple[Inner, ...]
        who: MemberId | None = None

    found = {(model.__name__, name, pattern) for model, name, pattern in fields(Outer)}
    assert found == {("Inner", "remark", None), ("Inner", "extra", None), ("Outer", "who", f"^{member_pattern()}$")}


@pytest.mark.parametrize("sub", list(SubCategory))
def test_the_profile_of_every_sub_category_can_be_told(sub: SubCategory) -> None:
    """The profile stands in for the sub-category of a private matter."""
    assert TypeAdapter(ProfileName).validate_python(sub.profile) == sub.profile


def test_names_of_regions_are_no_keys() -> None:
    event = RegionChanged(at=NOW, region=Region(code="2103", name="鞍山市"), region_version=1)
    assert event.key == "2103"
