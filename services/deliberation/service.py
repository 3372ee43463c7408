"""Deliberation, platform 2: what the council makes of a matter. This page lists all it does."""

from services.chassis.service import Command, Query, Reaction, Service, Stored, Timer, ignore
from services.contracts import topics
from services.contracts.commands import deliberation as asked
from services.contracts.commands import resolutions as resolved
from services.contracts.queries import Wanted
from services.deliberation.commands import items, members, resolutions, sessions
from services.deliberation.commands.matter import matter_target
from services.deliberation.queries import council_texts, photo_routes
from services.deliberation.reactions import follow_access, follow_case, follow_custody
from services.deliberation.rules.docket import Docket
from services.deliberation.rules.membership import Council
from services.deliberation.tables import CHASSIS, METADATA
from services.deliberation.timers import sweep

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
        Stored(
            Council,
            METADATA.tables["council"],
            key=lambda council: council.node,
            columns=lambda council: {"region": council.region},
            topic=lambda _council: topics.DELIBERATION_COUNCIL,
        ),
    ),
    commands=(
        Command(asked.PutToCouncil, sessions.put_to_council, matter_target),
        Command(asked.ScheduleSession, sessions.schedule, matter_target),
        Command(asked.OpenSession, sessions.open_session, matter_target),
        Command(asked.Invite, sessions.invite, matter_target),
        Command(asked.AnswerInvitation, sessions.answer_invitation, matter_target),
        Command(asked.Speak, sessions.speak, matter_target),
        Command(asked.Recuse, sessions.recuse, matter_target),
        Command(asked.LiftRecusal, sessions.lift_recusal, matter_target),
        Command(asked.Adjourn, sessions.adjourn, matter_target),
        Command(asked.CastVote, sessions.cast_vote, matter_target),
        Command(asked.Adopt, resolutions.adopt, matter_target),
        Command(asked.CloseSession, sessions.close, matter_target),
        Command(asked.CancelSession, sessions.cancel, matter_target),
        Command(resolved.BlockResolution, resolutions.block, matter_target),
        Command(resolved.UnblockResolution, resolutions.unblock, matter_target),
        Command(resolved.SupersedeResolution, resolutions.supersede, matter_target),
        Command(resolved.RevokeResolution, resolutions.revoke, matter_target),
        Command(resolved.PublishResult, resolutions.publish, matter_target),
        Command(resolved.AssignItem, items.assign, matter_target),
        Command(resolved.AcceptItem, items.accept, matter_target),
        Command(resolved.DeclineItem, items.decline, matter_target),
        Command(resolved.ProgressItem, items.progress, matter_target),
        Command(resolved.FinishItem, items.finish, matter_target),
        Command(resolved.VerifyItem, items.verify, matter_target),
        Command(resolved.ReworkItem, items.rework, matter_target),
        Command(resolved.WaiveItem, items.waive, matter_target),
        Command(resolved.ReassignItem, items.reassign, matter_target),
        Command(asked.AdmitMember, members.admit, matter_target),
        Command(asked.ConfirmMembership, members.confirm, members.membership_target),
        Command(asked.EndMembership, members.end, members.membership_target),
    ),
    queries=(Query("council-texts", Wanted, council_texts),),
    reactions=(
        Reaction(topics.INTAKE_CASE, follow_case),
        Reaction(topics.INTAKE_ACCESS, follow_access),
        Reaction(topics.INTAKE_ROSTER, ignore),
        Reaction(topics.INTAKE_REGION, ignore),
        Reaction(topics.ESCALATION_CUSTODY, follow_custody),
    ),
    timers=(Timer("answers", every=30, run=sweep),),
    routes=photo_routes,
)
