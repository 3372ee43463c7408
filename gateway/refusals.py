"""Refusals as data: every mutation answers its result or a `Refusal`. In queries a refusal is an error with the same code."""

from typing import Any

import strawberry

from gateway.codes import EVERY_CODE
from services.chassis.calls import RefusedElsewhere
from services.contracts.refusals import RefusalBody, Refused


@strawberry.type(description="请求被拒绝：什么都没有发生。A request that was turned down: nothing has happened.")
class Refusal:
    """What `Refused` becomes in GraphQL."""

    code: str = strawberry.field(description="拒绝代码，见 refusalCodes。The code; `refusalCodes` lists them all.")
    message_zh: str = strawberry.field(description="中文说明。What is wrong and what to do, in Chinese.")
    message_en: str = strawberry.field(description="英文说明。The same in English.")
    allowed: list[str] = strawberry.field(description="目前可以执行的操作。The commands that fit instead.")
    retryable: bool = strawberry.field(
        description="用同一个 idempotencyKey 重试可能成功。Whether the same request, with the same key, may succeed later."
    )


@strawberry.type(description="拒绝代码目录中的一项。One code of the catalogue of refusals.")
class RefusalCode:
    """One line of `refusalCodes`."""

    code: str = strawberry.field(description="代码。The code.")
    message_zh: str = strawberry.field(
        description="中文说明（花括号处填代码或数字）。In Chinese; braces are filled with codes and numbers."
    )
    message_en: str = strawberry.field(description="英文说明。In English.")
    retryable: bool = strawberry.field(description="是否可重试。Whether a retry may succeed.")


def refused(body: RefusalBody) -> Refusal:
    """A refusal as it travels, as a GraphQL type."""
    return Refusal(
        code=body.code,
        message_zh=body.message_zh,
        message_en=body.message_en,
        allowed=list(body.allowed),
        retryable=body.retryable,
    )


class AnswerRefused(strawberry.ExceptionHandler[Refused, Refusal]):
    """Refusals of the gateway itself."""

    def handle(self, exception: Refused, **_: Any) -> Refusal:
        return refused(exception.body)


class AnswerRefusedElsewhere(strawberry.ExceptionHandler[RefusedElsewhere, Refusal]):
    """Refusals of a service, passed on."""

    def handle(self, exception: RefusedElsewhere, **_: Any) -> Refusal:
        return refused(exception.body)


def catalogue() -> list[RefusalCode]:
    """All codes."""
    return [
        RefusalCode(code=code.name, message_zh=code.value.zh, message_en=code.value.en, retryable=code.value.retryable)
        for code in EVERY_CODE
    ]
