"""The HTTP door of a service: commands and queries. Checks who asks, the key, the versions; then one transaction, then an answer."""

import hashlib
import hmac
import json
import logging
import re
import secrets
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.chassis import statements
from services.chassis.causality import Causality
from services.chassis.database import is_outage
from services.chassis.identity import Verifier
from services.chassis.room import Room
from services.chassis.service import Acting, Command
from services.chassis.telemetry import correlated, correlation
from services.chassis.transaction import Conflict, Outgoing, Transaction, answer_json
from services.chassis.wording import malformed_by
from services.contracts.base import Asked, Model
from services.contracts.callers import Caller, Target
from services.contracts.commands.base import Command as AnyCommand
from services.contracts.permissions import acting_grant, had_it, may, may_as_herself, may_ever, sees_it, takes_part
from services.contracts.refusals import Code, Refused
from services.contracts.wrong import Wrong, malformed

log = logging.getLogger(__name__)

_CORRELATION = re.compile(r"[0-9a-zA-Z-]{8,64}")
MAX_BODY = 1024 * 1024
"""Bytes of a command or query."""
TRIES = 5
"""Times a command is tried again when somebody else changed the same row."""


class Asking(Asked):
    """A command as it travels: its own words, and the versions that its caller saw, by full topic name."""

    command: dict[str, Any]
    seen: dict[str, Annotated[int, Field(ge=0)]] = {}


class Answered(Model):
    """What comes back: the answer, the versions it left, the events that it told."""

    answer: dict[str, Any]
    reached: dict[str, int] = {}
    events: tuple[Outgoing, ...] = ()


class Door:
    """Answers `POST /commands/<Name>` and `POST /queries/<name>`."""

    def __init__(self, room: Room, verifier: Verifier, causality_wait: float) -> None:
        self._room = room
        self._verifier = verifier
        self._causality = Causality(room, causality_wait)
        self._commands = {command.model.command_name(): command for command in room.service.commands}
        self._queries = {query.name: query for query in room.service.queries}

    async def command(self, request: Request) -> Response:
        """Do a command once."""
        name = request.path_params["name"]
        with correlated(_correlation_in(request)):
            try:
                answered = await self._do(name, request)
            except Exception as error:
                refused = _as_refusal(error)
                self._count(_label(name, self._commands), refused.code.name)
                return refusal(refused)
            self._count(name, "OK")
            return JSONResponse(answered.model_dump(mode="json"))

    def _count(self, command: str, code: str) -> None:
        self._room.telemetry.commands.labels(command, code).inc()
        log.info(
            "a command was answered",
            extra={"service": self._room.service.name, "facts": {"command": command, "code": code}},
        )

    async def query(self, request: Request) -> Response:
        """Answer a query."""
        with correlated(_correlation_in(request)):
            try:
                caller = self._verifier.asking(request)
                query = self._queries.get(request.path_params["name"])
                if query is None:
                    raise Refused(Code.NOT_FOUND, what="query")
                asked = _parsed(query.model, await body_of(request))
                answer = await query.ask(self._room, caller, asked)
            except Exception as error:
                return refusal(_as_refusal(error))
            return Response(answer.model_dump_json(), media_type="application/json")

    async def _do(self, name: str, request: Request) -> Answered:
        caller = self._verifier.asking(request)
        command = self._commands.get(name)
        if command is None:
            raise Refused(Code.UNKNOWN_COMMAND, command=_label(name, self._commands))
        if not may_ever(caller, name):
            raise Refused(Code.NOT_PERMITTED, command=name)
        asking = _parsed(Asking, await body_of(request))
        asked = _parsed(command.model, asking.command)
        fingerprint = self._fingerprint(_intention(caller, asked, asking.command))
        if asked.subject and not await self._causality.reached(asked.subject, asking.seen):
            remembered = await self._remembered(caller, asked, fingerprint)
            if remembered is not None:
                return remembered
            await self._may_know(command, caller, asked)
            await self._causality.wait(asked.subject, asking.seen)
        for attempt in range(TRIES):
            try:
                return await self._once(command, caller, asked, fingerprint)
            except Conflict:
                if attempt == TRIES - 1:
                    raise
        raise AssertionError("unreachable")

    async def _may_know(self, command: Command, caller: Caller, asked: AnyCommand) -> None:
        """That a matter is late or blocked is told to those who may act on it. Raises Refused for anybody else, as if there were no such
        matter; of one that is not known here yet, nothing can be said before it is."""
        async with self._room.reading() as tx:
            try:
                target = await command.target(tx, asked)
            except Refused:
                return
        acting(caller, asked, target)

    async def _once(self, command: Command, caller: Caller, asked: AnyCommand, fingerprint: str) -> Answered:
        async with self._room.transaction(commanded=True) as tx:
            claimed = await self._claim(tx, caller, asked, fingerprint)
            if claimed is not None:
                return claimed
            target = await command.target(tx, asked)
            who = acting(caller, asked, target)
            try:
                answer = await command.handle(tx, who, asked)
            except Refused as refused:
                hers = (each for each in refused.body.allowed if each != asked.command_name())
                allowed = tuple(each for each in hers if may(caller, each, target))
                refused.body = refused.body.model_copy(update={"allowed": allowed})
                raise
            reached = dict(tx.reached)
            table = self._room.service.chassis.answer
            kept = {"answer": answer_json(answer, reached), **_scope(caller, asked)}
            await tx.execute(statements.answering(table), kept)
        return Answered(answer=json.loads(answer.model_dump_json()), reached=reached, events=tuple(tx.outgoing))

    async def _claim(self, tx: Transaction, caller: Caller, asked: AnyCommand, fingerprint: str) -> Answered | None:
        """Insert the key first: a second sender of it waits here for the first one's commit, then finds the answer."""
        table = self._room.service.chassis.answer
        who, key = asked.remembered_as(caller)
        values = {
            "caller": who,
            "command": asked.command_name(),
            "key": key,
            "body": fingerprint,
            "answer": "",
            "at": tx.now.isoformat(),
        }
        if (await tx.execute(self._room.database.insert_new(table), values)).rowcount == 1:
            return None
        row = (await tx.execute(statements.answered(table), _scope(caller, asked))).one()
        return _same(row.body, row.answer, fingerprint)

    async def _remembered(self, caller: Caller, asked: AnyCommand, fingerprint: str) -> Answered | None:
        table = self._room.service.chassis.answer
        async with self._room.database.read() as connection:
            row = (await connection.execute(statements.answered(table), _scope(caller, asked))).one_or_none()
        return _same(row.body, row.answer, fingerprint) if row else None

    def _fingerprint(self, command: Mapping[str, Any]) -> str:
        """Keyed, because a plain hash of a short text can be guessed back."""
        canonical = json.dumps(command, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hmac.new(self._room.secret, canonical.encode(), hashlib.sha256).hexdigest()


def _scope(caller: Caller, asked: AnyCommand) -> dict[str, str]:
    who, key = asked.remembered_as(caller)
    return {"the_caller": who, "the_command": asked.command_name(), "the_key": key}


def acting(caller: Caller, asked: AnyCommand, target: Target) -> Acting:
    """As what the caller may do this. Raises Refused: what she may not even see does not exist for her."""
    name = asked.command_name()
    grant = acting_grant(caller, name, target)
    if grant is None and not may_as_herself(caller, name, target):
        if had_it(caller, name, target):
            raise Refused(Code.NOT_THE_HOLDER, holder=target.holder)
        if takes_part(caller, target) or sees_it(caller, name, target):
            raise Refused(Code.NOT_PERMITTED, command=name)
        raise asked.not_hers()
    return Acting(caller, grant)


def _intention(caller: Caller, asked: AnyCommand, words: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is compared when it is sent again: where another name than its key stands for it, the key may differ."""
    if asked.remembered_as(caller) == (caller.member, asked.idempotency_key):
        return words
    return {name: value for name, value in words.items() if name not in {"idempotencyKey", "idempotency_key"}}


async def body_of(request: Request) -> Any:
    """The JSON body, at most MAX_BODY bytes. Raises Refused."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise Refused(Code.BODY_TOO_LARGE, limit=MAX_BODY)
        chunks.append(chunk)
    try:
        body = json.loads(b"".join(chunks).decode("utf-8"))
    except (ValueError, RecursionError):
        raise malformed("body", Wrong.NOT_JSON) from None
    if not isinstance(body, dict):
        raise malformed("body", Wrong.NOT_AN_OBJECT)
    return body


def refusal(refused: Refused) -> JSONResponse:
    """A refusal as a response."""
    return JSONResponse({"refusal": refused.body.model_dump(mode="json")}, status_code=refused.code.value.status)


def _parsed(model: type[Any], body: Any) -> Any:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise malformed_by(error) from None


def _same(body: str, answer: str, fingerprint: str) -> Answered:
    if not hmac.compare_digest(body, fingerprint):
        raise Refused(Code.KEY_REUSED)
    kept = json.loads(answer)
    return Answered(answer=kept["answer"], reached=kept["reached"])


def _correlation_in(request: Request) -> str:
    """The caller's correlation id, if it is one: it goes into logs and records, so it may be no text of anybody's."""
    given = request.headers.get("x-correlation-id", "")
    return given if _CORRELATION.fullmatch(given) else secrets.token_hex(8)


def _label(name: str, commands: Mapping[str, Command]) -> str:
    return name if name in commands else "unknown"


def _as_refusal(error: Exception) -> Refused:
    if isinstance(error, Refused):
        return error
    if is_outage(error):
        log.warning("the database is out of reach", extra={"facts": {"error": type(error).__name__}})
        return Refused(Code.SERVICE_UNAVAILABLE, service="database")
    log.error("a request failed", exc_info=error)
    return Refused(Code.INTERNAL, correlation=correlation.get())
