"""The council's file on a matter: pure. Of C3 there is none, ever (domain 1.4)."""

from datetime import datetime

from services.contracts.events.deliberation import DocketOpened
from services.contracts.regions import RegionCode
from services.contracts.states import CaseState, DocketState


class Docket(DocketState):
    """A docket as deliberation keeps it."""

    region: RegionCode

    def public(self) -> DocketState:
        """What events carry."""
        return DocketState(**{name: getattr(self, name) for name in DocketState.model_fields})


def open_docket(case: CaseState, now: datetime) -> tuple[Docket, DocketOpened]:
    """A matter that a council may come to deal with was accepted."""
    docket = Docket(case_id=case.case_id, version=1, region=case.region)
    return docket, DocketOpened(at=now, docket=docket.public())
