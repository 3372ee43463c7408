"""What the door says before anybody is asked: the codes of requests that are no GraphQL, or more of it than one may ask for. What
services and resolvers refuse is in `services.contracts.refusals`; `docs/refusals.md` and `refusalCodes` list both."""

from enum import Enum

from services.contracts.refusals import Code, Words


class DoorCode(Enum):
    """The gateway's own catalogue. `{…}` is filled with numbers and names of the protocol or the document's operations only."""

    # The request
    METHOD_NOT_ALLOWED = Words("请用 {allow} 发送。", "Send this by {allow}.", 405)
    NOT_ACCEPTABLE = Words(
        "只能返回 {types}，请修改 Accept 头。", "The answer is one of {types}: change the Accept header.", 406
    )
    UNSUPPORTED_MEDIA_TYPE = Words("请以 {type}（UTF-8）发送请求。", "Send the request as {type} in UTF-8.", 415)
    UNSUPPORTED_ENCODING = Words("不支持压缩的请求体。", "Send the body without compression.", 415)
    BODY_TOO_SLOW = Words(
        "请求体未在 {seconds} 秒内送达，请重试。",
        "The body did not arrive within {seconds} seconds. Try again.",
        408,
        True,
    )
    JSON_INVALID = Words("请求不是有效的 UTF-8 JSON。", "The request is not valid JSON in UTF-8.", 400)
    QUERY_STRING_INVALID = Words("查询字符串不是有效的 UTF-8。", "The query string is not valid UTF-8.", 400)
    BODY_NOT_AN_OBJECT = Words("请求体必须是 JSON 对象。", "The request must be one JSON object.", 400)
    QUERY_MISSING = Words("缺少 query。", "The request has no `query`.", 400)
    QUERY_NOT_A_STRING = Words("query 必须是字符串。", "`query` must be a string.", 400)
    VARIABLES_NOT_AN_OBJECT = Words(
        "variables 必须是 JSON 对象或 null。", "`variables` must be a JSON object or null.", 400
    )
    EXTENSIONS_NOT_AN_OBJECT = Words(
        "extensions 必须是 JSON 对象或 null。", "`extensions` must be a JSON object or null.", 400
    )
    OPERATION_NAME_NOT_A_STRING = Words("operationName 必须是字符串。", "`operationName` must be a string.", 400)
    # The document: with application/json an answer of 200, as older clients expect
    QUERY_TOO_LONG = Words(
        "查询过长：最多 {limit} 个{unit}。请把数据放入变量，或拆分查询。",
        "The query is longer than {limit} {unit}. Put data into variables, or ask in several smaller queries.",
        400,
    )
    SYNTAX_ERROR = Words("查询语法有误", "The query has a syntax error", 400)
    QUERY_TOO_DEEP = Words(
        "查询嵌套过深：最多 {limit} 层，现有 {found} 层。请拆分为多个查询。",
        "The query nests {found} levels, the limit is {limit}. Ask in several smaller queries.",
        400,
    )
    TOO_MANY_ALIASES = Words(
        "别名或重复字段过多：最多 {limit} 个，现有 {found} 个。请改用列表查询或拆分查询。",
        "The query has {found} aliased or repeated fields, the limit is {limit}. Use a list field, or several queries.",
        400,
    )
    QUERY_TOO_COSTLY = Words(
        "查询代价过高：上限 {limit}，现为 {found}。请减小 first/last 或少选字段。",
        "The query costs {found}, the limit is {limit}. Ask for smaller pages (first, last) or fewer fields.",
        400,
    )
    VALIDATION_FAILED = Words("查询与模式不符", "The query does not fit the schema", 400)
    OPERATION_MISSING = Words("查询中没有可执行的操作。", "The document contains no operation to run.", 400)
    OPERATION_NAME_REQUIRED = Words(
        "请用 operationName 指明要执行的操作。文档中有：{names}",
        "Say with `operationName` which operation to run. The document has: {names}",
        400,
    )
    VARIABLES_INVALID = Words("变量{place}：{reason}。", "The variable{place}: {reason}.", 400)
    ARGUMENT_INVALID = Words("参数{place}：{reason}。", "The argument{place}: {reason}.", 400)
    SUBSCRIPTION_NEEDS_WEBSOCKET = Words(
        "订阅请使用 WebSocket（graphql-transport-ws）。", "Subscribe over WebSocket (graphql-transport-ws).", 400
    )
    TOO_MANY_SUBSCRIPTIONS = Words(
        "每个连接最多 {limit} 个订阅，请先结束不用的订阅。",
        "A socket carries at most {limit} operations: complete some first.",
        429,
        True,
    )


AnyCode = Code | DoorCode
EVERY_CODE: tuple[AnyCode, ...] = (*Code, *DoorCode)
"""The whole catalogue."""
