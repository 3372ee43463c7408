"""Deliberation's facts: the docket of a matter."""

from typing import ClassVar

from services.contracts.events.base import Event
from services.contracts.states import DocketState


class DocketEvent(Event):
    """A fact of the council's file on a matter, with the state it left behind."""

    service: ClassVar[str] = "deliberation"
    docket: DocketState

    @property
    def key(self) -> str:
        return self.docket.case_id

    @property
    def version(self) -> int:
        return self.docket.version

    @property
    def state(self) -> DocketState:
        return self.docket


class DocketOpened(DocketEvent):
    """The council's file on a matter exists; nothing is decided in it yet."""


DOCKET = (DocketOpened,)
