"""Escalation, platform 3: who holds a matter, what she owes until when. This page lists all it does."""

from services.chassis import photos
from services.chassis.service import Command, Query, Reaction, Service, Stored, Timer, ignore
from services.contracts import topics
from services.contracts.commands import escalation as asked
from services.contracts.queries import Wanted
from services.escalation.commands import custody
from services.escalation.queries import case_evidence, may_see_photos
from services.escalation.reactions import follow_case, topic_of
from services.escalation.rules.custody import Custody
from services.escalation.tables import CHASSIS, METADATA, PHOTOS
from services.escalation.timers import sweep

ESCALATION = Service(
    "escalation",
    metadata=METADATA,
    chassis=CHASSIS,
    stored=(
        Stored(
            Custody,
            METADATA.tables["custody"],
            key=lambda custody: custody.case_id,
            columns=lambda custody: {"region": custody.region, "holder": custody.holder or ""},
            topic=topic_of,
        ),
    ),
    commands=(Command(asked.SolveOnSpot, custody.solve_on_spot, custody.matter_target),),
    reactions=(
        Reaction(topics.INTAKE_CASE, follow_case),
        Reaction(topics.INTAKE_SEALED, follow_case),
        Reaction(topics.INTAKE_ACCESS, ignore),
        Reaction(topics.INTAKE_SEALED_ACCESS, ignore),
        Reaction(topics.INTAKE_ROSTER, ignore),
        Reaction(topics.INTAKE_REGION, ignore),
        Reaction(topics.DELIBERATION_DOCKET, ignore),
    ),
    timers=(Timer("sweep", every=10, run=sweep),),
    queries=(Query("case-evidence", Wanted, case_evidence),),
    routes=photos.routes(PHOTOS, "SolveOnSpot", may_see_photos),
)
