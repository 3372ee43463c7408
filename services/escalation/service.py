"""Escalation, platform 3: who holds a matter, what she owes until when. This page lists all it does."""

from services.chassis import photos
from services.chassis.service import Command, Query, Reaction, Service, Stored, Timer, ignore
from services.contracts import topics
from services.contracts.commands import escalation as asked
from services.contracts.queries import Wanted
from services.escalation.commands import ladder
from services.escalation.commands.custody import matter_target
from services.escalation.queries import case_evidence, may_see_photos
from services.escalation.reactions import follow_case, follow_docket, topic_of
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
    commands=(
        Command(asked.SolveOnSpot, ladder.solve_on_spot, matter_target),
        Command(asked.RecordAction, ladder.record_action, matter_target),
        Command(asked.PassUp, ladder.pass_up, matter_target),
        Command(asked.CancelPassUp, ladder.cancel_pass_up, matter_target),
        Command(asked.Receive, ladder.receive, matter_target),
        Command(asked.RefuseReceipt, ladder.refuse_receipt, matter_target),
        Command(asked.ReturnDown, ladder.return_down, matter_target),
        Command(asked.TakeOver, ladder.take_over, matter_target),
        Command(asked.InformUp, ladder.inform_up, matter_target),
        Command(asked.AlertInParallel, ladder.alert_in_parallel, matter_target),
        Command(asked.Supervise, ladder.supervise, matter_target),
        Command(asked.ResolveMatter, ladder.resolve, matter_target),
        Command(asked.RelayFeedback, ladder.relay_feedback, matter_target),
        Command(asked.ReworkMatter, ladder.rework, matter_target),
        Command(asked.SuspendMatter, ladder.suspend, matter_target),
        Command(asked.ResumeMatter, ladder.resume, matter_target),
    ),
    reactions=(
        Reaction(topics.INTAKE_CASE, follow_case),
        Reaction(topics.INTAKE_SEALED, follow_case),
        Reaction(topics.INTAKE_ACCESS, ignore),
        Reaction(topics.INTAKE_SEALED_ACCESS, ignore),
        Reaction(topics.INTAKE_ROSTER, ignore),
        Reaction(topics.INTAKE_REGION, ignore),
        Reaction(topics.DELIBERATION_DOCKET, follow_docket),
    ),
    timers=(Timer("sweep", every=10, run=sweep),),
    queries=(Query("case-evidence", Wanted, case_evidence),),
    routes=photos.routes(PHOTOS, "SolveOnSpot", may_see_photos),
)
