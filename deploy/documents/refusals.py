"""`docs/refusals.md`: the catalogue of refusals."""

from deploy.documents.markdown import code, page, table
from gateway.codes import EVERY_CODE
from services.contracts.wrong import Wrong


def refusals_page() -> str:
    """Every code with its words in both languages, its HTTP status, and whether a retry may succeed."""
    rows = [
        (
            code(each.name),
            each.value.zh,
            each.value.en,
            each.value.status,
            "可以 yes" if each.value.retryable else "",
        )
        for each in EVERY_CODE
    ]
    reasons = [(code(each.name), each.value.zh, each.value.en) for each in Wrong]
    return page(
        "拒绝代码 · Refusals",
        "被拒绝时什么都没有发生。变更操作以 `Refusal` 返回，查询以错误返回（`extensions.code`），服务与 `/attachments` 以所列 HTTP 状态返回。"
        "花括号处只填代码、字段名和数字，绝不填个人信息。“可重试”表示同一请求（同一个 `idempotencyKey`）稍后可能成功。"
        "不是 GraphQL 的请求或超出限制的查询在执行前即被拒绝；以 `application/json` 请求时，无法执行的查询以 200 返回，以照顾旧客户端。",
        "When a request is refused nothing has happened. Mutations answer a `Refusal`, queries an error with the code in its `extensions`, "
        "services and `/attachments` the HTTP status given here. Braces are filled with codes, names of fields and numbers, never with "
        "anything personal. Retryable means that the same request, with the same `idempotencyKey`, may succeed later. "
        "`{ refusalCodes { code messageZh messageEn retryable } }` answers the same table. What is no GraphQL request, or asks for too much, is "
        "refused before it is run; with `application/json` a document that cannot run is answered with 200, as older clients expect.",
        table(("代码 code", "中文", "English", "HTTP", "可重试 retryable"), rows),
        "`MALFORMED` 的 `{reason}`（`detail.reason` 为其代码；变量与参数有误时在 `extensions.reason`）：",
        "What `{reason}` of `MALFORMED` may be (`detail.reason` has its code; of variables and arguments `extensions.reason`):",
        table(("理由 reason", "中文", "English"), reasons),
    )
