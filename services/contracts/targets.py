"""What a command is about, as far as permission goes: built here for those who decide and for those who hint, so that they cannot differ."""

from collections.abc import Iterable

from services.contracts.callers import Target
from services.contracts.ids import MemberId, NodeId
from services.contracts.ladder import ThreadMode
from services.contracts.orders import OrderState
from services.contracts.organisation import first_holder
from services.contracts.regions import Level, RegionCode, at_level
from services.contracts.states import AccessState, CustodyState, EntryState


def target_of_matter(region: RegionCode, access: AccessState, custody: CustodyState | None) -> Target:
    """A matter of this place. Until custody is known of its holder is, by rule, the village of the place; of C3 the county's rights
    department (design 5). So it is once the matter has ended, that who held it first is told so."""
    first = first_holder(access.case_class, region)
    entries = custody.entries if custody else ()
    held = custody is not None and custody.holder is not None
    return Target(
        region=region,
        group=access.group,
        holder=(custody.holder if custody else None) or first,
        holder_region=at_level(region, custody.level) if custody and held else None,
        seen_from=custody.seen_from if custody else Level.VILLAGE.width,
        notified=custody.notified.node if custody and custody.notified else None,
        involved=tuple(entry.node for entry in entries) if custody else (first,),
        left_to_officers=custody.left_to_officers if custody else None,
        alerted=custody is not None and custody.mode is ThreadMode.PARALLEL_URGENT,
        case_class=access.case_class,
        reporters=access.reporters,
        bystanders=access.bystanders,
        circle=access.circle,
        barred=access.barred,
    )


def target_at_council(
    region: RegionCode,
    access: AccessState,
    custody: CustodyState | None,
    addresses: Iterable[MemberId | NodeId],
    department: NodeId | None,
    guests: Iterable[MemberId | NodeId] = (),
) -> Target:
    """Its docket, with those whom the session or the item is about, members and nodes; `department`: as which of these nodes she asks;
    `guests`: those whom its sessions and items are about altogether, where that is asked for.
    A council is heard of by the levels that still have to do with the matter: not by one whose part ended when it was closed."""
    named = tuple(addresses)
    open_ones = [entry.node for entry in (custody.entries if custody else ()) if entry.state is not EntryState.CLOSED]
    return target_of_matter(region, access, custody).model_copy(
        update={
            "involved": tuple(open_ones),
            "people": tuple(each for each in named if each.startswith("m_")),
            "invited": tuple(each for each in named if each.startswith("n_")),
            "department": department if department in named else None,
            "guests": tuple(guests),
        }
    )


def target_of_order(order: OrderState, custody: CustodyState | None, access: AccessState) -> Target:
    """A department work order: who holds it is its issuer."""
    entries = custody.entries if custody else ()
    return Target(
        region=custody.region if custody else order.region,
        holder=order.issuer,
        holder_region=order.issuer_region,
        involved=(*(entry.node for entry in entries), order.issuer),
        department=order.department,
        case_class=access.case_class,
        reporters=access.reporters,
        circle=access.circle,
        barred=access.barred,
    )
