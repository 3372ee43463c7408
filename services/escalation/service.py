"""Escalation, platform 3: who holds a matter, what she owes until when. This page lists all it does."""

from services.chassis import photos
from services.chassis.service import Command, Query, Reaction, Service, Stored, Timer, ignore
from services.contracts import topics
from services.contracts.commands import escalation as asked
from services.contracts.commands import orders as order
from services.contracts.queries import OrdersWanted, Wanted
from services.escalation.commands import ladder, order_issue, orders
from services.escalation.commands.custody import matter_target
from services.escalation.order_queries import order_texts
from services.escalation.order_timers import sweep_orders
from services.escalation.queries import case_evidence, case_notes, case_progress, may_see_photos
from services.escalation.reactions import follow_access, follow_case, follow_docket, topic_of
from services.escalation.rules.custody import Custody
from services.escalation.rules.order_clocks import WorkOrder
from services.escalation.tables import CHASSIS, METADATA, PHOTOS
from services.escalation.timers import sweep, vacancies

ESCALATION = Service(
    "escalation",
    metadata=METADATA,
    chassis=CHASSIS,
    stored=(
        Stored(
            Custody,
            METADATA.tables["custody"],
            key=lambda custody: custody.case_id,
            columns=lambda custody: {
                "region": custody.region,
                "holder": custody.holder or "",
                "vacant": custody.vacant or "",
            },
            topic=topic_of,
        ),
        Stored(
            WorkOrder,
            METADATA.tables["work_order"],
            key=lambda order: order.order_id,
            columns=lambda order: {
                "case_id": order.case_id,
                "department": order.department,
                "issuer": "" if order.stage.ended else order.issuer,
                "joint": order.joint or "",
            },
            topic=lambda _order: topics.ESCALATION_ORDER,
        ),
    ),
    commands=(
        Command(asked.SolveOnSpot, ladder.solve_on_spot, matter_target),
        Command(asked.RecordAction, ladder.record_action, matter_target),
        Command(asked.TellProgress, ladder.tell_progress, matter_target),
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
        Command(order.IssueOrder, order_issue.issue, matter_target),
        Command(order.SignOrder, orders.sign, orders.order_target),
        Command(order.ObjectToOrder, orders.object_to, orders.order_target),
        Command(order.RequestExtension, orders.ask_extension, orders.order_target),
        Command(order.ReportProgress, orders.progress, orders.order_target),
        Command(order.ReportDone, orders.report_done, orders.order_target),
        Command(order.ExplainImpossible, orders.explain, orders.order_target),
        Command(order.MarkNotApplicable, orders.not_applicable, orders.order_target),
        Command(order.ReissueOrder, order_issue.reissue, orders.order_target),
        Command(order.DesignateOrder, orders.designate, orders.order_target),
        Command(order.DecideExtension, orders.decide_extension, orders.order_target),
        Command(order.VerifyOrder, orders.verify, orders.order_target),
        Command(order.ReworkOrder, orders.rework, orders.order_target),
        Command(order.UrgeOrder, orders.urge, orders.order_target),
        Command(order.SuperviseOrder, orders.supervise, orders.order_target),
        Command(order.GiveArt73Opinion, orders.give_opinion, orders.order_target),
        Command(order.RequestInspection, orders.request_inspection, orders.order_target),
        Command(order.PauseOrder, orders.pause, orders.order_target),
        Command(order.ResumeOrder, orders.go_on, orders.order_target),
        Command(order.CancelOrder, orders.cancel, orders.order_target),
    ),
    reactions=(
        Reaction(topics.INTAKE_CASE, follow_case),
        Reaction(topics.INTAKE_SEALED, follow_case),
        Reaction(topics.INTAKE_ACCESS, follow_access),
        Reaction(topics.INTAKE_SEALED_ACCESS, follow_access),
        Reaction(topics.INTAKE_ROSTER, ignore),
        Reaction(topics.INTAKE_REGION, ignore),
        Reaction(topics.DELIBERATION_DOCKET, follow_docket),
    ),
    timers=(
        Timer("sweep", every=10, run=sweep),
        Timer("vacancies", every=60, run=vacancies),
        Timer("sweep-orders", every=10, run=sweep_orders),
    ),
    queries=(
        Query("case-evidence", Wanted, case_evidence),
        Query("case-progress", Wanted, case_progress),
        Query("case-notes", Wanted, case_notes),
        Query("order-texts", OrdersWanted, order_texts),
    ),
    routes=photos.routes(
        PHOTOS, ("SolveOnSpot", "RecordAction", "ResolveMatter", "ReportDone", "VerifyOrder"), may_see_photos
    ),
)
