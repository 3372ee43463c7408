"""Deliberation, platform 2: what the council makes of a matter. This page lists all it does."""

from services.chassis.service import Reaction, Service, Stored, ignore
from services.contracts import topics
from services.deliberation.reactions import follow_case
from services.deliberation.rules.docket import Docket
from services.deliberation.tables import CHASSIS, METADATA

DELIBERATION = Service(
    "deliberation",
    metadata=METADATA,
    chassis=CHASSIS,
    stored=(
        Stored(
            Docket,
            METADATA.tables["docket"],
            key=lambda docket: docket.case_id,
            columns=lambda docket: {"region": docket.region},
            topic=lambda _docket: topics.DELIBERATION_DOCKET,
        ),
    ),
    reactions=(
        Reaction(topics.INTAKE_CASE, follow_case),
        Reaction(topics.INTAKE_ACCESS, ignore),
        Reaction(topics.INTAKE_ROSTER, ignore),
        Reaction(topics.INTAKE_REGION, ignore),
        Reaction(topics.ESCALATION_CUSTODY, ignore),
    ),
)
