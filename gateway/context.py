"""What every resolver has at hand: who asks, the read model, the services, loaders that turn N asks into one."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from strawberry.dataloader import DataLoader

from gateway.readmodel import order_reads, reads, roster_reads
from gateway.readmodel.order_reads import Order
from gateway.readmodel.reads import Matter
from gateway.tail import Tail
from services.chassis.calls import Calls, RefusedElsewhere
from services.chassis.identity import Verified
from services.chassis.inbox import Inbox
from services.chassis.room import Room
from services.chassis.telemetry import correlation
from services.contracts.orders import OrderState
from services.contracts.organisation import Node
from services.contracts.queries import CaseEvidence, CaseNotes, CaseProgress, CaseText, CouncilTexts, OrderText
from services.contracts.refusals import Code, Refused


@dataclass
class Gateway:
    """What one process of the gateway has: shared by all requests."""

    room: Room
    inbox: Inbox
    calls: Calls
    regions_of_cell: str
    tail: Tail


@dataclass
class Context:
    """What one request has. `caller` is None for a caller without a token: she may read the schema and the catalogue."""

    gateway: Gateway
    caller: Verified | None
    correlation_id: str = field(default_factory=lambda: secrets.token_hex(8))

    def __post_init__(self) -> None:
        correlation.set(self.correlation_id)

    @property
    def expires_at(self) -> datetime | None:
        """When the token ends, and an open socket with it."""
        return self.caller.expires_at if self.caller else None

    @property
    def who(self) -> Verified:
        """The caller. Raises Refused UNAUTHENTICATED."""
        if self.caller is None:
            raise Refused(Code.UNAUTHENTICATED)
        return self.caller

    def forget(self) -> None:
        """What was loaded for one push of a subscription is not shown with the next: it may have changed, and so may who may read it."""
        for name, each in vars(type(self)).items():
            if isinstance(each, cached_property):
                vars(self).pop(name, None)

    def signed_in(self) -> None:
        """Raises Refused UNAUTHENTICATED for a caller without a token."""
        _ = self.who

    @property
    def now(self) -> datetime:
        """The domain's time."""
        return self.gateway.room.clock.now()

    @cached_property
    def matters(self) -> DataLoader[str, Matter | None]:
        """Matters: one statement for all that are asked for at once. Not kept: a mutation or a subscription asks again for what has changed."""
        return DataLoader(self._matters, cache=False)

    @cached_property
    def texts(self) -> DataLoader[str, CaseText | None]:
        """Sealed text: one call to intake for all matters of a query, with the caller's own token."""
        return DataLoader(self._texts)

    @cached_property
    def summaries(self) -> DataLoader[str, str | None]:
        """Approved summaries that the model has not fetched yet: one call to intake for all matters of a query, with the caller's own token."""
        return DataLoader(self._summaries)

    @cached_property
    def evidence(self) -> DataLoader[str, CaseEvidence | None]:
        """Evidence: one call to escalation for all matters of a query, with the caller's own token."""
        return DataLoader(self._evidence)

    @cached_property
    def progress(self) -> DataLoader[str, CaseProgress | None]:
        """What reporters were told: one call to escalation for all matters of a query, with the caller's own token."""
        return DataLoader(self._progress)

    @cached_property
    def notes(self) -> DataLoader[str, CaseNotes | None]:
        """What levels wrote to each other: one call to escalation for all matters of a query, with the caller's own token."""
        return DataLoader(self._notes)

    @cached_property
    def order_texts(self) -> DataLoader[str, OrderText | None]:
        """The words of work orders: one call to escalation for all orders of a query, with the caller's own token."""
        return DataLoader(self._order_texts)

    @cached_property
    def orders(self) -> DataLoader[str, Sequence[Order]]:
        """The work orders of matters: one statement for all matters of a query."""
        return DataLoader(self._orders)

    @cached_property
    def peers(self) -> DataLoader[str, Sequence[OrderState]]:
        """The departments of joint orders: one statement for all orders of a query."""
        return DataLoader(self._peers)

    @cached_property
    def council_texts(self) -> DataLoader[str, CouncilTexts | None]:
        """The words of sessions, resolutions and items: one call to deliberation for all matters of a query, with the caller's own token."""
        return DataLoader(self._council_texts)

    @cached_property
    def timelines(self) -> DataLoader[str, Sequence[Any]]:
        """Timelines: one statement for all matters of a query."""
        return DataLoader(self._timelines)

    @cached_property
    def nodes(self) -> DataLoader[str, Node | None]:
        """Organisation nodes: one statement."""
        return DataLoader(self._nodes)

    async def _matters(self, case_ids: list[str]) -> list[Matter | None]:
        async with self.gateway.room.database.read() as connection:
            found = await reads.matters_by_id(connection, self.who, case_ids)
        return [found.get(case_id) for case_id in case_ids]

    async def _texts(self, case_ids: list[str]) -> list[CaseText | None]:
        answer = await self.gateway.calls.query("intake", "case-texts", {"caseIds": case_ids}, self.who.token)
        texts: Mapping[str, CaseText] = {text["caseId"]: CaseText.model_validate(text) for text in answer["cases"]}
        return [texts.get(case_id) for case_id in case_ids]

    async def _summaries(self, case_ids: list[str]) -> list[str | None]:
        asked = {"caseIds": case_ids, "summariesOnly": True}
        try:
            answer = await self.gateway.calls.query("intake", "case-texts", asked, self.who.token)
        except (Refused, RefusedElsewhere):  # the model has an older one
            return [None] * len(case_ids)
        found: Mapping[str, str] = {text["caseId"]: text["summary"] for text in answer["cases"] if text.get("summary")}
        return [found.get(case_id) for case_id in case_ids]

    async def _evidence(self, case_ids: list[str]) -> list[CaseEvidence | None]:
        answer = await self.gateway.calls.query("escalation", "case-evidence", {"caseIds": case_ids}, self.who.token)
        found = {each["caseId"]: CaseEvidence.model_validate(each) for each in answer["cases"]}
        return [found.get(case_id) for case_id in case_ids]

    async def _progress(self, case_ids: list[str]) -> list[CaseProgress | None]:
        answer = await self.gateway.calls.query("escalation", "case-progress", {"caseIds": case_ids}, self.who.token)
        found = {each["caseId"]: CaseProgress.model_validate(each) for each in answer["cases"]}
        return [found.get(case_id) for case_id in case_ids]

    async def _notes(self, case_ids: list[str]) -> list[CaseNotes | None]:
        answer = await self.gateway.calls.query("escalation", "case-notes", {"caseIds": case_ids}, self.who.token)
        found = {each["caseId"]: CaseNotes.model_validate(each) for each in answer["cases"]}
        return [found.get(case_id) for case_id in case_ids]

    async def _order_texts(self, order_ids: list[str]) -> list[OrderText | None]:
        answer = await self.gateway.calls.query("escalation", "order-texts", {"orderIds": order_ids}, self.who.token)
        found = {each["orderId"]: OrderText.model_validate(each) for each in answer["orders"]}
        return [found.get(order_id) for order_id in order_ids]

    async def _orders(self, case_ids: list[str]) -> list[Sequence[Order]]:
        async with self.gateway.room.database.read() as connection:
            found = await order_reads.orders_of_cases(connection, self.who, case_ids)
        return [found.get(case_id, ()) for case_id in case_ids]

    async def _peers(self, joints: list[str]) -> list[Sequence[OrderState]]:
        async with self.gateway.room.database.read() as connection:
            found = await order_reads.peers(connection, self.who, joints)
        return [found.get(joint, ()) for joint in joints]

    async def _council_texts(self, case_ids: list[str]) -> list[CouncilTexts | None]:
        answer = await self.gateway.calls.query("deliberation", "council-texts", {"caseIds": case_ids}, self.who.token)
        found = {each["caseId"]: CouncilTexts.model_validate(each) for each in answer["cases"]}
        return [found.get(case_id) for case_id in case_ids]

    async def _timelines(self, case_ids: list[str]) -> list[Sequence[Any]]:
        async with self.gateway.room.database.read() as connection:
            found = await reads.timelines(connection, self.who, case_ids)
        return [found.get(case_id, ()) for case_id in case_ids]

    async def _nodes(self, ids: list[str]) -> list[Node | None]:
        async with self.gateway.room.database.read() as connection:
            found = await roster_reads.nodes(connection, ids)
        return [found.get(node_id) for node_id in ids]
