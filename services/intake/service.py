"""Intake, platform 1: who said what, who may know it, and whether she was told. This page lists all it does."""

from services.chassis import photos
from services.chassis.service import Command, Query, Reaction, Service, Stored, ignore
from services.contracts import topics
from services.contracts.cases import CaseClass
from services.contracts.commands import intake as asked
from services.contracts.queries import PackageWanted, Wanted
from services.contracts.topics import Topic
from services.intake.commands import matters, roster
from services.intake.disclosure import disclosure_package
from services.intake.queries import case_texts, may_see_photos
from services.intake.reactions import follow_custody
from services.intake.rules.case import Case
from services.intake.rules.roster import KeptNode, KeptRegion
from services.intake.tables import CHASSIS, METADATA, PHOTOS


def _topic(case: Case) -> Topic:
    """C3 travels on a topic of its own."""
    return topics.INTAKE_SEALED if case.case_class is CaseClass.C3 else topics.INTAKE_CASE


INTAKE = Service(
    "intake",
    metadata=METADATA,
    chassis=CHASSIS,
    stored=(
        Stored(
            Case,
            METADATA.tables["case"],
            key=lambda case: case.case_id,
            columns=lambda case: {"region": case.village, "group_node": case.group},
            topic=_topic,
        ),
        Stored(
            KeptNode, METADATA.tables["node"], key=lambda node: node.id, columns=lambda node: {"region": node.region}
        ),
        Stored(KeptRegion, METADATA.tables["region"], key=lambda region: region.code),
    ),
    commands=(
        Command(asked.ReportMatter, matters.report, matters.report_target),
        Command(asked.Acknowledge, matters.acknowledge, matters.matter_target),
        Command(asked.AcceptMatter, matters.accept, matters.matter_target),
        Command(asked.GiveFeedback, matters.give_feedback, matters.matter_target),
        Command(asked.RateMatter, matters.rate, matters.matter_target),
        Command(asked.CallBack, matters.call_back, matters.matter_target),
        Command(asked.CloseMatter, matters.close, matters.matter_target),
        Command(asked.AddRegion, roster.add_region, roster.region_target),
        Command(asked.ImportRegions, roster.import_regions, roster.cell_target),
        Command(asked.PutNode, roster.put_node, roster.node_target),
        Command(asked.Delegate, roster.delegate, roster.delegate_target),
    ),
    queries=(
        Query("case-texts", Wanted, case_texts),
        Query("disclosure-package", PackageWanted, disclosure_package),
    ),
    reactions=(
        Reaction(topics.ESCALATION_CUSTODY, follow_custody),
        Reaction(topics.ESCALATION_SEALED, follow_custody),
        Reaction(topics.DELIBERATION_DOCKET, ignore),
    ),
    routes=photos.routes(PHOTOS, ("ReportMatter",), may_see_photos),
)
