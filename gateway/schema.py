"""The schema, put together from its subjects."""

from functools import cache

import strawberry
from strawberry import relay
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from gateway.refusals import AnswerRefused, AnswerRefusedElsewhere
from gateway.subjects.case import CaseQuery
from gateway.subjects.case_commands import CaseMutation
from gateway.subjects.counts import CountsQuery
from gateway.subjects.feed import Subscription
from gateway.subjects.inbox import MeMutation, MeQuery
from gateway.subjects.node import OrgNode, RegionQuery
from gateway.subjects.roster import RosterMutation
from gateway.words import REGION_CODE, RegionCode, describe_roots, describe_values


@strawberry.type
class NodeQuery:
    """Relay's door."""

    node: relay.Node | None = relay.node(
        description="按 Relay 编号取对象；没有或无权查看时为 null。An object by its Relay id; null if there is none, or none for you."
    )


Query = merge_types("Query", (NodeQuery, MeQuery, CaseQuery, RegionQuery, CountsQuery))
Mutation = merge_types("Mutation", (CaseMutation, RosterMutation, MeMutation))


@cache
def build() -> strawberry.Schema:
    """The schema, with a description of everything in it. One a process: Strawberry's types cannot be built into a second."""
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[OrgNode],
        exception_handlers=[AnswerRefused(), AnswerRefusedElsewhere()],
        config=StrawberryConfig(scalar_map={RegionCode: REGION_CODE}),
    )
    describe_values(schema)
    describe_roots(schema)
    return schema


def sdl() -> str:
    """The schema as text: the committed `schema.graphql`."""
    return print_schema(build()) + "\n"
