"""What the door says when something is wrong: one shape for every error, and nothing of ours in it that is private."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from graphql import GraphQLError
from strawberry.exceptions import StrawberryGraphQLError

from gateway import wording
from services.chassis.calls import RefusedElsewhere
from services.chassis.telemetry import where
from services.contracts.refusals import RefusalBody, Refused

log = logging.getLogger("gateway.door")

LONGEST_MESSAGE = 500
"""Characters. Validation quotes the names it does not know, and those may be as long as the query."""


class DoorRefusal(Exception):
    """The caller is turned away before any resolver runs. `code` and both messages reach the caller."""

    code = "REFUSED"
    message_zh = "请求被拒绝。"
    message_en = "The request is refused."

    def __init__(self, code: str | None = None, message_zh: str | None = None, message_en: str | None = None) -> None:
        self.code = code or self.code
        self.message_zh = message_zh or self.message_zh
        self.message_en = message_en or self.message_en
        super().__init__(self.code)


class Unauthenticated(DoorRefusal):
    """No identity, or one that cannot be believed: HTTP 401, socket close 4401."""

    code = "UNAUTHENTICATED"
    message_zh = "未登录或令牌无效。请在 Authorization 头中携带有效的 Bearer 令牌。"
    message_en = "Not signed in, or the token is not valid. Send a valid Bearer token in the Authorization header."


class Forbidden(DoorRefusal):
    """A known caller who may not come in at all: HTTP 403, socket close 4403."""

    code = "FORBIDDEN"
    message_zh = "无权使用本服务。"
    message_en = "You may not use this service."


class BadRequest(DoorRefusal):
    """The request is not a GraphQL request that we can read. `status` is the HTTP status, 4xx.

    unread: the client may still be sending its body.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message_zh: str,
        message_en: str,
        headers: Mapping[str, str] | None = None,
        *,
        unread: bool = False,
    ) -> None:
        super().__init__(code, message_zh, message_en)
        self.status = status
        self.headers = dict(headers or {})
        self.unread = unread


class Rejected(Exception):
    """A readable request whose document is refused before execution, with its formatted errors."""

    def __init__(
        self, errors: Sequence[GraphQLError], code: str, message_zh: str, message_en: str | None = None
    ) -> None:
        """`message_en`: the errors are the library's, which are put into our words."""
        super().__init__(code)
        self.errors = [
            described(error, code, message_zh)
            if message_en is None
            else _of_document(error, code, message_zh, message_en)
            for error in errors
        ]


def problem(code: str, message_zh: str, message_en: str, **more: Any) -> dict[str, Any]:
    """One error as it is sent: English in `message` for tools, Chinese beside the code."""
    return {"message": message_en, "extensions": {"code": code, "messageZh": message_zh, **more}}


def refusal(error: DoorRefusal) -> dict[str, Any]:
    """A `DoorRefusal` as it is sent."""
    return problem(error.code, error.message_zh, error.message_en)


def _of_document(error: GraphQLError, code: str, zh: str, en: str) -> dict[str, Any]:
    message_zh, message_en = wording.of_document(error, zh, en)
    return {**described(error, code, message_zh), "message": _short(message_en)}


def _short(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else message[:LONGEST_MESSAGE] + "…"


def described(error: GraphQLError, code: str, message_zh: str | None = None) -> dict[str, Any]:
    """A GraphQL error as it is sent; its own code wins over `code`, and its text is kept (shortened if endless)."""
    sent: dict[str, Any] = {**error.formatted, "message": _short(error.message)}
    chinese = {"messageZh": message_zh} if message_zh else {}
    sent["extensions"] = {"code": code, **chinese, **(error.extensions or {})}
    return sent


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
    sent = problem(
        "INTERNAL",
        f"系统内部出错，请稍后再试；如反复出现，请把编号 {correlation_id} 告知管理员。",
        f"Something went wrong on our side. Try again; if it persists, give the operator this number: {correlation_id}.",
        correlationId=correlation_id,
    )
    return {**sent, "path": path} if path else sent


def refused(body: RefusalBody, at: GraphQLError) -> dict[str, Any]:
    """A refusal where no union answers it: in a query or a subscription."""
    more = {"retryable": body.retryable, "allowed": list(body.allowed)}
    return {**at.formatted, **problem(body.code, body.message_zh, body.message_en, **more)}


def _of_value(error: GraphQLError, code: str, zh: str, en: str) -> dict[str, Any]:
    sent = wording.of_value(error, zh, en)
    return {**sent, "extensions": {"code": code, **sent["extensions"]}}


def executed(error: GraphQLError, context: Any) -> dict[str, Any]:
    """An error out of execution as it is sent: refusals keep their text, what is wrong with a value is said without it, everything else
    is masked."""
    if error.extensions and "code" in error.extensions:
        return described(error, "")
    cause = error.original_error
    if isinstance(cause, Refused | RefusedElsewhere):
        return refused(cause.body, error)
    if error.path is None and error.nodes:  # variables are coerced before any field has a path
        return _of_value(error, "VARIABLES_INVALID", "变量", "The variable")
    match cause:
        case GraphQLError() if cause.nodes:  # an argument in the text of the query
            return _of_value(error, "ARGUMENT_INVALID", "参数", "The argument")
        case StrawberryGraphQLError():
            return described(error, Forbidden.code, Forbidden.message_zh)
    return internal(
        cause or error, context, error
    )  # an answer that cannot be serialised quotes its value: mask that too
