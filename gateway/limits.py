"""How much one GraphQL document may ask for, decided from its syntax alone.

Runs before validation, because validation itself is what a hostile document makes expensive. Every definition is
walked once: a fragment is measured the first time it is met and remembered, so documents whose fragments double at
every step are as cheap to judge as any other of their length.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

from gateway.codes import DoorCode
from gateway.faults import problem
from services.contracts.names import Said

SCHEMA_LISTS = frozenset(
    {"types", "fields", "inputFields", "enumValues", "args", "directives", "interfaces", "possibleTypes"}
)
"""What is a list below `__schema` and `__type`."""
SCHEMA_ITEMS = 10
"""Items that such a list is taken to have. Each level multiplies: two aliases on each of three levels ask for eight schemas."""
SATURATED = 1_000_000_000
"""Costs stop growing here: beyond it the exact number tells nobody anything."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document may contain; all are counts.

    depth: fields inside fields. introspection_depth: the same below `__schema` and `__type`, whose standard query is deep.
    aliases: renamed fields in the text. repeats: fields named again in one selection set (comparing them is quadratic).
    tokens, characters: length of the text. nesting: selection sets inside one another, fragments included.
    cost, introspection_cost: see `check`. default_page, max_page: items a connection is taken to have when `first` and `last` are absent, at most.
    """

    depth: int = 12
    aliases: int = 30
    tokens: int = 2_000
    cost: int = 20_000
    characters: int = 65_536
    repeats: int = 200
    nesting: int = 60
    introspection_depth: int = 20
    introspection_cost: int = 100_000
    default_page: int = 100
    max_page: int = 100


def check(
    document: DocumentNode,
    operation_name: str | None,
    variables: Mapping[str, Any] | None,
    limits: Limits,
) -> list[GraphQLError]:
    """The limits that the document breaks, each as an error with `code`, `limit`, `found` and `messageZh`; empty if none.

    A field costs 1 and, where it is a connection (it has `first` or `last`, or selects `edges` or `nodes`), its
    selection counts once per item asked for. What is asked of the schema itself has a cost of its own, every list of it counted as
    SCHEMA_ITEMS: the standard query costs some fifty thousand. `@skip` and `@include` are not weighed: what is written counts.
    Depth and aliases are judged for the whole document, cost for the operation that will run (None: the only one).
    """
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    chosen = next((node for node in operations if operation_name is None or _name(node) == operation_name), None)
    measure = _Measure(document, limits, page_variables(chosen, variables or {}))
    errors = []
    try:
        shapes = {id(node): measure.selections(node.selection_set, limits.nesting, _Scope()) for node in operations}
        for name in measure.fragments:  # also those that nothing spreads: validation walks them too
            measure.fragment(name, limits.nesting)
    except _TooDeep as stop:
        return [over(DoorCode.QUERY_TOO_DEEP, stop.limit, stop.found)]
    deepest = max((shape.depth for shape in shapes.values()), default=0)
    if deepest > limits.depth:
        errors.append(over(DoorCode.QUERY_TOO_DEEP, limits.depth, deepest))
    for found, limit in ((measure.aliases, limits.aliases), (measure.repeats, limits.repeats)):
        if found > limit:
            errors.append(over(DoorCode.TOO_MANY_ALIASES, limit, found))
    if chosen is not None:
        shape = shapes[id(chosen)]
        for found, limit in ((shape.cost, limits.cost), (shape.schema, limits.introspection_cost)):
            if found > limit:
                errors.append(over(DoorCode.QUERY_TOO_COSTLY, limit, found))
    return errors


def too_long(limit: int, found: int, unit: Said) -> GraphQLError:
    """The text has more tokens or characters than allowed; for tokens `found` is where counting stopped."""
    return over(DoorCode.QUERY_TOO_LONG, limit, found, unit=unit)


def over(code: DoorCode, limit: int, found: int, **filling: object) -> GraphQLError:
    """The document has more of something than it may."""
    said = problem(code, {"limit": limit, "found": found}, **filling)
    return GraphQLError(said["message"], extensions=said["extensions"])


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a selection set amounts to wherever it is used; `paged` if it selects the items of a connection."""

    depth: int = 0
    nesting: int = 0
    cost: int = 0
    schema: int = 0
    paged: bool = False


@dataclass(slots=True)
class _Scope:
    """Names already met in one selection set; inline fragments share their parent's, as execution does."""

    fields: set[str] = field(default_factory=set)
    spreads: set[str] = field(default_factory=set)


class _TooDeep(Exception):
    def __init__(self, limit: int, found: int) -> None:
        super().__init__()
        self.limit, self.found = limit, found


class _Measure:
    def __init__(self, document: DocumentNode, limits: Limits, page_variables: Mapping[str, int]) -> None:
        self.limits = limits
        self.page_variables = page_variables
        self.fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self.known: dict[str, _Shape] = {}
        self.aliases = 0
        self.repeats = 0

    def selections(self, selection_set: SelectionSetNode | None, room: int, scope: _Scope) -> _Shape:
        """Measure one selection set. `room`: how many further levels it may open, which also bounds our own recursion."""
        if selection_set is None or not selection_set.selections:
            return _Shape()
        self._need(1, room)
        depth = nesting = cost = schema = 0
        paged = False
        for node in selection_set.selections:
            match node:
                case FieldNode():
                    part = self._field(node, room - 1, scope)
                case InlineFragmentNode():
                    part = self.selections(node.selection_set, room - 1, scope)
                case FragmentSpreadNode() if (name := node.name.value) not in scope.spreads:
                    scope.spreads.add(name)
                    part = self.fragment(name, room - 1)
                case _:
                    continue  # spread twice in one place: executed once
            depth, nesting = max(depth, part.depth), max(nesting, part.nesting)
            cost, schema = min(cost + part.cost, SATURATED), min(schema + part.schema, SATURATED)
            paged = paged or part.paged
        return _Shape(depth, nesting + 1, cost, schema, paged)

    def fragment(self, name: str, room: int) -> _Shape:
        """The fragment's shape, measured once. A cycle or an unknown name weighs nothing: validation will refuse it."""
        if (shape := self.known.get(name)) is None:
            if (node := self.fragments.get(name)) is None:
                return _Shape()
            self.known[name] = _Shape()
            shape = self.known[name] = self.selections(node.selection_set, room, _Scope())
        self._need(shape.nesting, room)
        return shape

    def _field(self, node: FieldNode, room: int, scope: _Scope) -> _Shape:
        name = node.name.value
        key = node.alias.value if node.alias else name
        self.aliases += node.alias is not None
        self.repeats += key in scope.fields
        scope.fields.add(key)
        inner = self.selections(node.selection_set, room, _Scope())
        paged = name in ("edges", "nodes")
        if name.startswith("__"):
            if inner.depth > self.limits.introspection_depth:
                raise _TooDeep(self.limits.introspection_depth, inner.depth)
            return _Shape(1, inner.nesting, 1, inner.cost)
        cost = 1 + inner.cost * self._items(node, inner)
        return _Shape(1 + inner.depth, inner.nesting, min(cost, SATURATED), inner.schema, paged)

    def _items(self, node: FieldNode, inner: _Shape) -> int:
        """How many times the field's selection may be answered."""
        asked = [self._page(a.value) for a in node.arguments or () if a.name.value in ("first", "last")]
        if node.name.value in SCHEMA_LISTS:
            return SCHEMA_ITEMS
        if not asked:
            return self.limits.default_page if inner.paged else 1
        named = [page for page in asked if page is not None]
        return min(max(named), self.limits.max_page) if named else self.limits.default_page

    def _page(self, value: ValueNode) -> int | None:
        match value:
            case IntValueNode():
                return _as_page(int(value.value)) if len(value.value) < 10 else self.limits.max_page
            case VariableNode():
                return self.page_variables.get(value.name.value)
        return None

    def _need(self, levels: int, room: int) -> None:
        if levels > room:
            raise _TooDeep(self.limits.nesting, self.limits.nesting - room + levels)


def page_variables(operation: OperationDefinitionNode | None, variables: Mapping[str, Any]) -> dict[str, int]:
    """The whole numbers among the operation's variables, defaults included: all of them that `check` looks at."""
    pages = {}
    for definition in (operation.variable_definitions if operation else None) or ():
        name, default = definition.variable.name.value, definition.default_value
        if isinstance(given := variables.get(name), int | float) and given == given // 1:
            pages[name] = _as_page(given)
        elif name not in variables and isinstance(default, IntValueNode):
            pages[name] = _as_page(int(default.value[:10]))
    return pages


def _as_page(number: float) -> int:
    return int(max(1, min(number, SATURATED)))


def _name(operation: OperationDefinitionNode) -> str | None:
    return operation.name.value if operation.name else None
