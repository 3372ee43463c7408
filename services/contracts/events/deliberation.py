"""Deliberation's facts: the docket of a matter."""

from typing import ClassVar

from services.contracts.events.base import Event
from services.contracts.states import DocketState


class DocketOpened(Event):
    """The council's file on a matter exists; nothing is decided in it yet."""

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


DOCKET = (DocketOpened,)
