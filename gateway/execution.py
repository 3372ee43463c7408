"""From the text of a request to its answer: read, limited, validated, run, and every error in its final shape.

HTTP and sockets both come through here, so the same limits and the same masking hold on both.
"""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import orjson
import strawberry
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document
from strawberry.types import ExecutionContext, ExecutionResult

from gateway.codes import DoorCode
from gateway.faults import BadRequest, Rejected, executed, internal
from gateway.limits import Limits, check, over, page_variables, too_long
from services.contracts.names import Said
from services.contracts.refusals import Code

CACHED_DOCUMENTS = 256
CACHED_CHARACTERS = 131_072
"""A parsed document takes up to 280 bytes per character of its text, so the whole cache stays under 40 MB."""
CHARACTERS = Said("CHARACTERS", "字符", "characters")
TOKENS = Said("TOKENS", "记号", "tokens")
_OBJECTS = {"variables": DoorCode.VARIABLES_NOT_AN_OBJECT, "extensions": DoorCode.EXTENSIONS_NOT_AN_OBJECT}


@dataclass(frozen=True, slots=True)
class Request:
    """One GraphQL request as GraphQL-over-HTTP and graphql-transport-ws both define it."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None

    @classmethod
    def of(cls, value: object) -> "Request":
        """Read a decoded JSON value; raises `BadRequest` (400) saying which part is not as it must be."""
        if not isinstance(value, dict):
            raise BadRequest(DoorCode.BODY_NOT_AN_OBJECT)
        query = value.get("query")
        if query is None or query == "":
            raise BadRequest(DoorCode.QUERY_MISSING)
        if not isinstance(query, str):
            raise BadRequest(DoorCode.QUERY_NOT_A_STRING)
        for name, code in _OBJECTS.items():
            if not isinstance(value.get(name), dict | None):
                raise BadRequest(code)
        operation_name = value.get("operationName")
        if not isinstance(operation_name, str | None):
            raise BadRequest(DoorCode.OPERATION_NAME_NOT_A_STRING)
        return cls(query, value.get("variables"), operation_name or None)


@dataclass(frozen=True, slots=True)
class Operation:
    """A request that may run: within the limits, valid, and naming one operation."""

    text: "_Checked"
    kind: OperationType
    name: str | None
    variables: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer as JSON, ready to be sent. `refused`: nothing was executed, so there are errors and no data."""

    encoded: bytes
    errors: list[dict[str, Any]]
    refused: bool

    @property
    def internal(self) -> bool:
        return any(error["extensions"]["code"] == Code.INTERNAL.name for error in self.errors)


@dataclass(slots=True)
class _Known:
    """A document that was valid; and of which operation, with which page sizes, it was found last to be within the limits."""

    document: DocumentNode
    within: tuple[str | None, dict[str, int]]


class Engine:
    """One schema behind its limits. Shared by all requests; holds a bounded cache of parsed and validated documents."""

    def __init__(self, schema: strawberry.Schema, limits: Limits) -> None:
        self._served = _Served(schema)
        self._limits = limits
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._known_characters = 0

    def prepare(self, request: Request) -> Operation:
        """Everything before execution. Raises `Rejected` (document) or `BadRequest` (which operation is meant?)."""
        known = self._known.get(request.query)
        document = known.document if known else self._parsed(request.query)
        operation = _chosen(document, request.operation_name)
        name = operation.name.value if operation.name else None
        asked = name, page_variables(operation, request.variables or {})
        measured = known is not None and known.within == asked
        if not measured and (broken := check(document, name, request.variables, self._limits)):
            raise Rejected(broken)
        if known is None:
            self._validate(document)
            self._remember(request.query, _Known(document, asked))
        else:
            known.within = asked
            self._known.move_to_end(request.query)
        return Operation(_Checked(request.query, document), operation.operation, name, request.variables)

    async def run(self, operation: Operation, context: Any) -> Outcome:
        """Run a query or a mutation."""
        result = await self._served.execute(
            operation.text, operation.variables, context_value=context, operation_name=operation.name
        )
        return _outcome(result, context)

    async def stream(self, operation: Operation, context: Any) -> AsyncGenerator[Outcome, None]:
        """Run any operation as a stream: one outcome for a query or mutation, one for each event of a subscription."""
        results = await self._served.stream(
            operation.text, operation.variables, context_value=context, operation_name=operation.name
        )
        async with aclosing(results):
            async for result in results:
                assert isinstance(result, ExecutionResult), "incremental delivery is not switched on"
                yield _outcome(result, context)

    def _parsed(self, text: str) -> DocumentNode:
        limits = self._limits
        if len(text) > limits.characters:
            raise Rejected([too_long(limits.characters, len(text), CHARACTERS)])
        try:
            return parse(text, max_lexical_tokens=limits.tokens, max_comments=limits.tokens)
        except GraphQLSyntaxError as error:
            # The parser has one error type for all of these, so its words are the only way to tell them apart.
            if "more than" in error.message and "Parsing aborted" in error.message:
                raise Rejected([too_long(limits.tokens, limits.tokens + 1, TOKENS)]) from None
            if "nested too deeply" in error.message:
                found = max(limits.nesting, limits.depth) + 1
                raise Rejected([over(DoorCode.QUERY_TOO_DEEP, limits.depth, found)]) from None
            raise Rejected([error], DoorCode.SYNTAX_ERROR) from None

    def _validate(self, document: DocumentNode) -> None:
        errors = validate_document(self._served.graphql, document, tuple(specified_rules))
        if errors:
            raise Rejected(errors, DoorCode.VALIDATION_FAILED)

    def _remember(self, text: str, known: _Known) -> None:
        if len(text) > CACHED_CHARACTERS // 8:
            return
        self._known[text] = known
        self._known_characters += len(text)
        while len(self._known) > CACHED_DOCUMENTS or self._known_characters > CACHED_CHARACTERS:
            forgotten, _ = self._known.popitem(last=False)
            self._known_characters -= len(forgotten)


def _chosen(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation that is meant; the specification refuses to guess, and so do we."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name is None and len(operations) == 1:
        return operations[0]
    named = [node for node in operations if name is not None and node.name and node.name.value == name]
    if named:
        return named[0]
    if not operations:
        raise BadRequest(DoorCode.OPERATION_MISSING)
    names = ", ".join(sorted(node.name.value for node in operations if node.name))[:200]
    raise BadRequest(DoorCode.OPERATION_NAME_REQUIRED, names=names)


def _outcome(result: ExecutionResult, context: Any) -> Outcome:
    errors = [executed(error, context) for error in result.errors or ()]
    refused = result.data is None and all(error.path is None for error in result.errors or ())
    body: dict[str, Any] = {"errors": errors} if errors else {}
    if not refused:
        body["data"] = result.data
    if result.extensions:
        body["extensions"] = result.extensions
    try:
        return Outcome(orjson.dumps(body), errors, refused)
    except TypeError as error:  # a scalar of ours answered something that is not JSON
        errors = [internal(error, context)]
        return Outcome(orjson.dumps({"errors": errors}), errors, refused=True)


class _Checked(str):
    """The text of a query that carries its own document, parsed and validated, through Strawberry's execution."""

    document: DocumentNode
    __slots__ = ("document",)

    def __new__(cls, text: str, document: DocumentNode) -> "_Checked":
        checked = super().__new__(cls, text)
        checked.document = document
        return checked


class _UseChecked(SchemaExtension):
    """Hands Strawberry the document that the door has parsed and validated, so that it does neither again."""

    def on_parse(self) -> Iterator[None]:
        if isinstance(query := self.execution_context.query, _Checked):
            self.execution_context.graphql_document = query.document
        yield

    def on_validate(self) -> Iterator[None]:
        if isinstance(self.execution_context.query, _Checked):
            self.execution_context.pre_execution_errors = []
        yield


class _Served(strawberry.Schema):
    """The same schema, sharing everything it has built, with our extension added and Strawberry's log kept quiet."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self.__dict__.update(schema.__dict__)  # not built a second time
        self.extensions = (*schema.extensions, _UseChecked)

    @property
    def graphql(self) -> Any:
        return self._schema  # private, but Strawberry's own caching extensions reach for it in the same way

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing: Strawberry would print every refusal with a traceback and what the caller wrote in it."""
