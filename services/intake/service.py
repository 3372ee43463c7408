"""Intake, platform 1: who said what, who may know it, and whether she was told. This page lists all it does."""

from services.chassis import photos
from services.chassis.service import Command, Query, Reaction, Service, Stored, Timer, ignore
from services.contracts import topics
from services.contracts.cases import CaseClass
from services.contracts.commands import intake as asked
from services.contracts.commands import matters as wanted
from services.contracts.queries import MembersToCheck, PackageWanted, RegionsToCheck, TextsWanted
from services.contracts.topics import Topic
from services.intake.commands import course, joining, matters, roster, secrecy
from services.intake.commands.loading import matter_target
from services.intake.disclosure import disclosure_package
from services.intake.queries import case_texts, check_members, check_regions, may_see_photos
from services.intake.reactions import follow_custody
from services.intake.rules.case import Case
from services.intake.rules.roster import KeptNode, KeptRegion
from services.intake.tables import CHASSIS, METADATA, PHOTOS
from services.intake.timers import handovers


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
            columns=lambda case: {
                "region": case.village,
                "group_node": case.group,
                "circled": case.village if case.circled else "",
            },
            topic=_topic,
        ),
        Stored(
            KeptNode, METADATA.tables["node"], key=lambda node: node.id, columns=lambda node: {"region": node.region}
        ),
        Stored(KeptRegion, METADATA.tables["region"], key=lambda region: region.code),
    ),
    commands=(
        Command(asked.ReportMatter, matters.report, matters.report_target),
        Command(asked.Acknowledge, matters.acknowledge, matter_target),
        Command(asked.AcceptMatter, matters.accept, matter_target),
        Command(asked.GiveFeedback, matters.give_feedback, matter_target),
        Command(asked.RateMatter, matters.rate, matter_target),
        Command(asked.CallBack, matters.call_back, matter_target),
        Command(asked.CloseMatter, matters.close, matter_target),
        Command(wanted.AskForInformation, course.ask_for_information, matter_target),
        Command(wanted.SupplyInformation, course.supply_information, matter_target),
        Command(wanted.ProposeRejection, course.propose_rejection, matter_target),
        Command(wanted.RejectMatter, course.reject, matter_target),
        Command(wanted.RedirectMatter, course.redirect, matter_target),
        Command(wanted.WithdrawMatter, course.withdraw, matter_target),
        Command(wanted.MergeMatter, joining.merge, joining.merge_target),
        Command(wanted.UnmergeMatter, joining.unmerge, joining.unmerge_target),
        Command(wanted.ReopenMatter, course.reopen, matter_target),
        Command(wanted.ReviewRejection, course.review_rejection, matter_target),
        Command(wanted.RaiseClass, secrecy.raise_class, matter_target),
        Command(wanted.LowerClass, secrecy.lower_class, matter_target),
        Command(wanted.SetUrgency, course.set_urgency, matter_target),
        Command(wanted.ChangeCircle, secrecy.change_circle, matter_target),
        Command(wanted.NameParty, secrecy.name_party, matter_target),
        Command(wanted.ClearParty, secrecy.clear_party, matter_target),
        Command(asked.AddRegion, roster.add_region, roster.region_target),
        Command(asked.ImportRegions, roster.import_regions, roster.cell_target),
        Command(asked.PutNode, roster.put_node, roster.node_target),
        Command(asked.ImportMembers, roster.import_members, roster.cell_target),
        Command(asked.Delegate, roster.delegate, roster.delegate_target),
    ),
    queries=(
        Query("case-texts", TextsWanted, case_texts),
        Query("check-regions", RegionsToCheck, check_regions),
        Query("check-members", MembersToCheck, check_members),
        Query("disclosure-package", PackageWanted, disclosure_package),
    ),
    reactions=(
        Reaction(topics.ESCALATION_CUSTODY, follow_custody),
        Reaction(topics.ESCALATION_SEALED, follow_custody),
        Reaction(topics.DELIBERATION_DOCKET, ignore),
    ),
    timers=(Timer("handovers", every=10, run=handovers),),
    routes=photos.routes(PHOTOS, ("ReportMatter",), may_see_photos),
)
