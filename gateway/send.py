"""One mutation is one command to one service. The gateway says what its caller has seen, and applies the events that come back at once,
so that she reads her own write on any replica."""

import asyncio
import time
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from pydantic.alias_generators import to_camel
from strawberry import UNSET

from gateway.context import Context
from gateway.readmodel import reads
from services.chassis.door import Answered
from services.contracts import topics
from services.contracts.callers import Caller
from services.contracts.cases import CaseClass
from services.contracts.commands.base import Command
from services.contracts.ids import is_case_id
from services.contracts.refusals import Code, Refused

OWN_WRITE = 2.0
"""Seconds that an answer waits for its row where its events could not be applied at once: a remembered one has none."""


def words_of(input: Any) -> dict[str, Any]:
    """A GraphQL input as a command's JSON: what was left out stays out, nulls too."""
    return _camel(input)  # type: ignore[no-any-return]


async def send(
    context: Context, command: type[Command], input: Any, *, shown: bool = True, at_once: bool = True
) -> Answered:
    """Send the command. Raises Refused, RefusedElsewhere. `shown`: the answer is a row of the read model, which must have it then.
    `at_once`: what it told is applied before it is answered; of hundreds at a time nobody waits for the rows."""
    words = words_of(input)
    who = context.who
    seen = await _seen(context, who, str(words.get("caseId", "")))
    gateway = context.gateway
    answered = await gateway.calls.command(command.service, command.command_name(), words, seen, who.token)
    applied = at_once and bool(answered.events) and await gateway.inbox.receive_now(answered.events)
    if shown and not applied:
        await _until_applied(context, answered)
    return answered


async def _seen(context: Context, who: Caller, case_id: str) -> dict[str, int]:
    """The versions of the topics that this caller's view of the matter rests on: none of what she may not see. Where the model holds a record
    of it there is more to know than she has seen: a service that holds it, too, says that the matter is blocked, and decides nothing."""
    if not is_case_id(case_id):
        return {}
    room = context.gateway.room
    async with room.database.read() as connection:
        seen = await reads.seen(connection, who, case_id)
        held = await reads.topics_held(connection, room.service.chassis.dead_letter, case_id)
    if seen.case_class == CaseClass.C3:
        by_topic = {topics.INTAKE_SEALED: seen.case, topics.ESCALATION_SEALED: seen.custody}
    else:
        by_topic = {
            topics.INTAKE_CASE: seen.case,
            topics.DELIBERATION_DOCKET: seen.docket,
            topics.ESCALATION_CUSTODY: seen.custody,
        }
    versions = {topic.in_cell(room.cell): version for topic, version in by_topic.items() if version}
    return {topic: version + (topic in held) for topic, version in versions.items()}


async def _until_applied(context: Context, answered: Answered) -> None:
    room = context.gateway.room
    wanted = {tuple(place.split(" ", 1)): version for place, version in answered.reached.items()}
    end = time.monotonic() + OWN_WRITE
    while wanted and time.monotonic() < end:
        async with room.database.read() as connection:
            for (topic, key), version in list(wanted.items()):
                if await reads.known_version(connection, room.service.chassis.known, topic, key) >= version:
                    del wanted[topic, key]
                elif await reads.is_held(connection, room.service.chassis.dead_letter, topic, key):
                    raise Refused(Code.DONE_NOT_SHOWN)  # an operator comes first
        if wanted:
            await asyncio.sleep(0.02)
    if wanted:
        # To answer from a row that is older, or missing, would say that it was not done.
        raise Refused(Code.DONE_NOT_SHOWN)


def _camel(value: Any) -> Any:
    match value:
        case _ if is_dataclass(value):
            given = {_word(field.name): getattr(value, field.name) for field in fields(value)}
            return {word: _camel(each) for word, each in given.items() if each is not UNSET and each is not None}
        case list():
            return [_camel(each) for each in value]
        case _ if hasattr(value, "isoformat"):
            return value.isoformat()
        case _:
            return value


_word = cache(to_camel)
