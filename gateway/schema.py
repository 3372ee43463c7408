"""The schema, put together from its subjects."""

from functools import cache
from typing import Annotated

import strawberry
from strawberry import relay
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from gateway.context import Context
from gateway.refusals import AnswerRefused, AnswerRefusedElsewhere
from gateway.subjects.board import BoardQuery
from gateway.subjects.case import Case
from gateway.subjects.case_commands import CaseMutation
from gateway.subjects.case_course import CourseMutation
from gateway.subjects.case_queries import CaseQuery
from gateway.subjects.council import CouncilMutation, CouncilQuery, CouncilSubscription
from gateway.subjects.counts import CountsQuery
from gateway.subjects.feed import Subscription as FeedSubscription
from gateway.subjects.inbox import MeMutation, MeQuery
from gateway.subjects.ladder import LadderMutation
from gateway.subjects.node import OrgNode, RegionQuery
from gateway.subjects.order_queries import WorkOrderMutation, WorkOrderQuery
from gateway.subjects.rejections import RejectionQuery
from gateway.subjects.roster import RosterMutation, RosterQuery
from gateway.subjects.vacancies import VacancyQuery
from gateway.subjects.work_order import WorkOrder
from gateway.words import REGION_CODE, RegionCode, describe_roots, describe_values

_NODES: dict[str, type[Case] | type[OrgNode] | type[WorkOrder]] = {
    "Case": Case,
    "OrgNode": OrgNode,
    "WorkOrder": WorkOrder,
}


@strawberry.type
class NodeQuery:
    """Relay's door."""

    @strawberry.field(
        description="按 Relay 编号取对象；没有或无权查看时为 null。An object by its Relay id; null if there is none, or none for you."
    )
    async def node(
        self,
        info: strawberry.Info[Context, None],
        id: Annotated[strawberry.ID, strawberry.argument(description="The ID of the object.")],
    ) -> relay.Node | None:
        """What is no id of ours is the id of nothing: it is not an error, and tells nobody which types there are."""
        info.context.signed_in()
        try:
            kind, key = relay.from_base64(id)
        except ValueError:
            return None
        of = _NODES.get(kind)
        return (await of.resolve_nodes(info=info, node_ids=[key]))[0] if of else None


Query = merge_types(
    "Query",
    (
        NodeQuery,
        MeQuery,
        CaseQuery,
        CouncilQuery,
        WorkOrderQuery,
        RegionQuery,
        RosterQuery,
        VacancyQuery,
        CountsQuery,
        BoardQuery,
        RejectionQuery,
    ),
)
Mutation = merge_types(
    "Mutation",
    (
        CaseMutation,
        CourseMutation,
        CouncilMutation,
        LadderMutation,
        WorkOrderMutation,
        RosterMutation,
        MeMutation,
    ),
)
Subscription = merge_types("Subscription", (FeedSubscription, CouncilSubscription))


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
