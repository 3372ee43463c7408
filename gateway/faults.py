"""What the door says when something is wrong: one shape for every error, and nothing of ours in it that is private."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from graphql import GraphQLError

from gateway import wording
from gateway.codes import AnyCode, DoorCode
from services.chassis.calls import RefusedElsewhere
from services.chassis.telemetry import where
from services.contracts.names import Said
from services.contracts.refusals import Code, RefusalBody, Refused

log = logging.getLogger("gateway.door")

LONGEST_MESSAGE = 500
"""Characters. Validation quotes the names it does not know, and those may be as long as the query."""


class DoorRefusal(Exception):
    """The caller is turned away before any resolver runs."""

    def __init__(self, code: AnyCode, **filling: object) -> None:
        super().__init__(code.name)
        self.code = code
        self.filling = filling


class Unauthenticated(DoorRefusal):
    """No identity, or one that cannot be believed: HTTP 401, socket close 4401."""

    def __init__(self, code: Code = Code.UNAUTHENTICATED) -> None:
        super().__init__(code)


class BadRequest(DoorRefusal):
    """The request is not a GraphQL request that we can read.

    unread: the client may still be sending its body.
    """

    def __init__(
        self,
        code: AnyCode,
        headers: Mapping[str, str] | None = None,
        *,
        unread: bool = False,
        **filling: object,
    ) -> None:
        super().__init__(code, **filling)
        self.headers = dict(headers or {})
        self.unread = unread


class Rejected(Exception):
    """A readable request whose document is refused before execution, with its formatted errors."""

    def __init__(self, errors: Sequence[GraphQLError], code: DoorCode | None = None) -> None:
        """`code`: the errors are the library's, which are put into our words; else they are ours already."""
        self.errors = [described(error) if code is None else _of_document(error, code) for error in errors]
        super().__init__(self.errors[0]["extensions"]["code"])


def problem(code: AnyCode, more: Mapping[str, Any] | None = None, **filling: object) -> dict[str, Any]:
    """One error as it is sent: English in `message` for tools, Chinese beside the code. `more`: extensions, which fill the words too."""
    filling = {**(more or {}), **filling}
    return {
        "message": code.value.en.format(**{name: _said(value).en for name, value in filling.items()}),
        "extensions": {
            "code": code.name,
            "messageZh": code.value.zh.format(**{name: _said(value).zh for name, value in filling.items()}),
            **(more or {}),
        },
    }


def _said(value: object) -> Said:
    return value if isinstance(value, Said) else Said("", str(value), str(value))


def refusal(error: DoorRefusal) -> dict[str, Any]:
    """A `DoorRefusal` as it is sent."""
    return problem(error.code, None, **error.filling)


def _of_document(error: GraphQLError, code: DoorCode) -> dict[str, Any]:
    message_zh, message_en = wording.of_document(error, code.value.zh, code.value.en)
    said = {"code": code.name, "messageZh": message_zh, **(error.extensions or {})}
    return {**error.formatted, "message": _short(message_en), "extensions": said}


def _short(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else message[:LONGEST_MESSAGE] + "…"


def described(error: GraphQLError) -> dict[str, Any]:
    """A GraphQL error that brings its code, as it is sent: its text is kept (shortened if endless)."""
    return {**error.formatted, "message": _short(error.message), "extensions": dict(error.extensions or {})}


def internal(error: BaseException, context: Any = None, at: GraphQLError | None = None) -> dict[str, Any]:
    """A bug of ours as it is sent: no word of the exception, only a correlation id that finds it in the log.

    The log gets the exception's type and where it happened, never its text or the variables: both may hold what a
    resident wrote. `context.correlation_id` is used where the context has one.
    """
    correlation_id = str(getattr(context, "correlation_id", None) or uuid4())
    path = list(at.path) if at is not None and at.path else []
    log.error(
        "unexpected %s in a resolver",
        type(error).__name__,
        extra={
            "facts": {
                "correlation": correlation_id,
                "path": ".".join(map(str, path)),
                "where": where(error),
            }
        },
    )
    sent = problem(Code.INTERNAL, {"correlationId": correlation_id}, correlation=correlation_id)
    return {**sent, "path": path} if path else sent


def refused(body: RefusalBody, at: GraphQLError) -> dict[str, Any]:
    """A refusal where no union answers it: in a query or a subscription."""
    said = {"code": body.code, "messageZh": body.message_zh, "retryable": body.retryable, "allowed": list(body.allowed)}
    return {**at.formatted, "message": body.message_en, "extensions": said}


def _of_value(error: GraphQLError, code: DoorCode) -> dict[str, Any]:
    place, said = wording.of_value(error)
    sent = problem(code, {"reason": said.code}, place=f" {place}" if place else "", reason=said)
    located = {"locations": error.formatted["locations"]} if "locations" in error.formatted else {}
    answered = {"path": list(error.path)} if error.path else {}
    return {**sent, **located, **answered}


def executed(error: GraphQLError, context: Any) -> dict[str, Any]:
    """An error out of execution as it is sent: refusals keep their text, what is wrong with a value is said without it, everything else
    is masked."""
    if error.extensions and "code" in error.extensions:
        return described(error)
    cause = error.original_error
    if isinstance(cause, Refused | RefusedElsewhere):
        return refused(cause.body, error)
    if error.path is None and error.nodes:  # variables are coerced before any field has a path
        return _of_value(error, DoorCode.VARIABLES_INVALID)
    if isinstance(cause, GraphQLError) and cause.nodes:  # an argument in the text of the query
        return _of_value(error, DoorCode.ARGUMENT_INVALID)
    return internal(
        cause or error, context, error
    )  # an answer that cannot be serialised quotes its value: mask that too
