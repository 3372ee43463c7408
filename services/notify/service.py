"""Notify: who is told, and that she was. This page lists all it does."""

from services.chassis.service import Command, Query, Reaction, Service, Stored, Timer, ignore
from services.contracts import topics
from services.contracts.commands import notify as asked
from services.contracts.queries import InboxPage
from services.notify.commands import inbox
from services.notify.queries import inbox as inbox_page
from services.notify.reactions import (
    on_access,
    on_case,
    on_council,
    on_custody,
    on_docket,
    on_node,
    on_order,
    on_people,
    on_sealed_custody,
)
from services.notify.rules.mailbox import Mailbox
from services.notify.tables import CHASSIS, METADATA
from services.notify.timers import digests

NOTIFY = Service(
    "notify",
    metadata=METADATA,
    chassis=CHASSIS,
    stored=(
        Stored(
            Mailbox,
            METADATA.tables["mailbox"],
            key=lambda mailbox: mailbox.address,
            topic=lambda _mailbox: topics.NOTIFY_INBOX,
        ),
    ),
    commands=(Command(asked.MarkRead, inbox.mark_read, inbox.own_target),),
    queries=(Query("inbox", InboxPage, inbox_page),),
    reactions=(
        Reaction(topics.INTAKE_CASE, on_case),
        Reaction(topics.INTAKE_ACCESS, on_access),
        Reaction(topics.INTAKE_SEALED_ACCESS, on_access),
        Reaction(topics.INTAKE_ROSTER, on_node),
        Reaction(topics.INTAKE_REGION, ignore),
        Reaction(topics.DELIBERATION_DOCKET, on_docket),
        Reaction(topics.DELIBERATION_PEOPLE, on_people),
        Reaction(topics.DELIBERATION_COUNCIL, on_council),
        Reaction(topics.ESCALATION_CUSTODY, on_custody),
        Reaction(topics.ESCALATION_SEALED, on_sealed_custody),
        Reaction(topics.ESCALATION_ORDER, on_order),
    ),
    timers=(Timer("digests", every=30, run=digests),),
)
