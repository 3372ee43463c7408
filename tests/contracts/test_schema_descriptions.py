"""The GraphQL schema as partners read it: everything is described, Chinese first; what can grow comes in pages."""

from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    build_schema,
)

from deploy.cli.schema import ROOT

SCHEMA: GraphQLSchema = build_schema((ROOT / "gateway" / "schema.graphql").read_text(encoding="utf-8"))
OURS = {name: kind for name, kind in SCHEMA.type_map.items() if not name.startswith("__")}
BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}
THEIRS = {"Node", "Date", "DateTime", "Query.node(id)"}
"""Described by Relay and by the standards that they come from, in English alone; so are the ids of Relay's nodes."""

BOUNDED = {
    "Evidence.notes": "one a resolution",
    "Evidence.photos": "at most nine a resolution",
    "ActionItem.allowedCommands": "names of commands",
    "ActionItem.photos": "at most nine a step of one item",
    "ActionItem.words": "one a step of one item",
    "Case.items": "at most 200 a matter (MAX_ITEMS)",
    "Case.resolutions": "one a session at most",
    "Case.sessions": "one at a time, and the village has two in vain at most",
    "Council.standingMembers": "the members of one council, each for a term",
    "CouncilSession.allowedCommands": "names of commands",
    "CouncilSession.departments": "at most 200 are invited (MAX_INVITED)",
    "CouncilSession.photos": "at most nine a contribution",
    "CouncilSession.words": "at most 500 contributions a session (MAX_SPEECHES)",
    "Query.confidentialEntries": "one for each category",
    "Resolution.allowedCommands": "names of commands",
    "Resolution.words": "a few texts of one resolution",
    "Case.clocks": "one for each stage that a clock measures",
    "Case.progress": "the newest 100 (MAX_NOTES)",
    "Case.notes": "the newest 100 (MAX_NOTES)",
    "Case.entries": "one for each of the five levels",
    "Case.attachments": "at most nine a command",
    "Case.allowedCommands": "names of commands",
    "Case.workOrders": "at most ten departments each time it is given to any",
    "WorkOrder.allowedCommands": "names of commands",
    "WorkOrder.clocks": "one for each stage that a clock measures",
    "WorkOrder.notes": "one or two for each step of one order",
    "WorkOrder.package": "one line for each field of the whitelist",
    "WorkOrder.peers": "at most ten departments have one joint order",
    "Package.lines": "one line for each field of the whitelist",
    "Case.timeline": "one line for each fact of one matter: each step moves it once, the sweep flags each clock once, and tells of each "
    "interval without news once",
    "Me.grants": "a token has room for so many",
    "Query.counts": "one line for each metric and category",
    "Query.board": "one line for each region directly below, level and category",
    "Query.asOf": "one line for each cell",
    "Query.refusalCodes": "the catalogue",
    "Query.checkRegions": "one for each line that was asked, at most 500",
    "Query.checkMembers": "one for each line that was asked, at most 500",
    "Refusal.allowed": "names of commands",
}
"""Lists that do not come in pages, each with what bounds it."""


def parts() -> Iterator[tuple[str, str | None]]:
    """Everything that can have a description: (place, description)."""
    for name, kind in OURS.items():
        if name in BUILT_IN:
            continue
        yield name, kind.description
        match kind:
            case GraphQLObjectType() | GraphQLInterfaceType():
                for field_name, field in kind.fields.items():
                    yield f"{name}.{field_name}", field.description
                    for argument_name, argument in field.args.items():
                        yield f"{name}.{field_name}({argument_name})", argument.description
            case GraphQLInputObjectType():
                for field_name, value in kind.fields.items():
                    yield f"{name}.{field_name}", value.description
            case GraphQLEnumType():
                for value_name, choice in kind.values.items():
                    yield f"{name}.{value_name}", choice.description
            case _:
                pass


def lists() -> Iterator[tuple[str, GraphQLNamedType, list[str]]]:
    """Every list that is answered: (place, owner, arguments)."""
    for name, kind in OURS.items():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in kind.fields.items():
                if _is_list(field.type):
                    yield f"{name}.{field_name}", kind, list(field.args)


def _is_list(kind: GraphQLType) -> bool:
    if isinstance(kind, GraphQLNonNull):
        return _is_list(kind.of_type)
    return isinstance(kind, GraphQLList)


@pytest.mark.parametrize(
    ("place", "description"), list(parts()), ids=lambda each: each if each and len(each) < 60 else ""
)
def test_everything_is_described(place: str, description: str | None) -> None:
    assert (description or "").strip(), f"{place} has no description"


def test_descriptions_are_in_chinese_first_and_in_english() -> None:
    for place, description in parts():
        if place in THEIRS or place.endswith(".id") or description is None:
            continue
        assert any("\u4e00" <= letter <= "\u9fff" for letter in description), f"{place} has no Chinese: {description}"
        assert any(letter.isascii() and letter.isalpha() for letter in description), f"{place} has no English"


def test_every_list_that_can_grow_comes_in_pages() -> None:
    for place, owner, _ in lists():
        if place in BOUNDED:
            continue
        assert owner.name.endswith("Connection"), (
            f"{place} can grow: answer a connection, or say in BOUNDED what bounds it"
        )
        assert place == f"{owner.name}.edges"


def test_what_was_reviewed_is_still_there() -> None:
    assert set(BOUNDED) <= {place for place, _, _ in lists()}


def test_a_connection_is_one_as_relay_means_it() -> None:
    connections = [kind for name, kind in OURS.items() if name.endswith("Connection")]
    assert len(connections) >= 3
    for kind in connections:
        assert isinstance(kind, GraphQLObjectType)
        assert str(kind.fields["pageInfo"].type) == "PageInfo!"
        edge = OURS[str(kind.fields["edges"].type).strip("[]!")]
        assert isinstance(edge, GraphQLObjectType)
        assert str(edge.fields["cursor"].type) == "String!"
        assert "node" in edge.fields
    for owner in OURS.values():
        if isinstance(owner, GraphQLObjectType):
            for name, field in owner.fields.items():
                if str(field.type).strip("!").endswith("Connection"):
                    assert {"first", "after"} <= set(field.args), f"{owner.name}.{name} gives no way to ask for a page"


def test_node_is_nullable() -> None:
    assert SCHEMA.query_type is not None
    assert str(SCHEMA.query_type.fields["node"].type) == "Node", "what a caller may not see must be able to be null"
    assert str(SCHEMA.query_type.fields["case"].type) == "Case"


def test_every_mutation_takes_a_key_and_may_be_refused() -> None:
    assert SCHEMA.mutation_type is not None
    for name, mutation in SCHEMA.mutation_type.fields.items():
        taken = OURS[str(mutation.args["input"].type).strip("!")]
        assert isinstance(taken, GraphQLInputObjectType)
        assert str(taken.fields["idempotencyKey"].type) == "String!", name
        answer = OURS[str(mutation.type).strip("!")]
        assert "Refusal" in {each.name for each in SCHEMA.get_possible_types(answer)}, name  # type: ignore[arg-type]
