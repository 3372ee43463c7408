"""What a revision adds is there for the rows of an earlier day, too."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, text

from deploy.migrate import migrate, upgrade
from services.contracts.cases import CaseClass, Category, Relation, Stage, SubCategory, Urgency
from services.contracts.orders import OrderStage
from services.escalation.rules.order_clocks import WorkOrder
from services.intake.rules.case import Case
from tests.migrations.conftest import NewDatabase
from tests.migrations.test_migrations import ask

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
VILLAGE = "210302003008"


def case(number: int, stage: Stage, case_class: CaseClass) -> Case:
    return Case(
        case_id=f"2103-01JD2Z7Y3W8V5T4S3R2Q1P0N{number:02d}",
        version=3,
        number=f"21-2103-20261123-{number:06d}",
        region=VILLAGE,
        case_class=case_class,
        category=Category.PERSONAL,
        urgency=Urgency.YELLOW,
        stage=stage,
        submitted_at=NOW,
        village=VILLAGE,
        sub=SubCategory.MARITAL_CONFLICT,
        group=f"n_g-{VILLAGE}",
        relation=Relation.OWN,
        reporters=("m_resident",),
    )


def order(number: int, stage: OrderStage) -> WorkOrder:
    return WorkOrder(
        order_id=f"o_2103-01JD2Z7Y3W8V5T4S3R2Q1P0N{number:02d}",
        version=2,
        case_id="2103-01JD2Z7Y3W8V5T4S3R2Q1P0N01",
        region=VILLAGE,
        issuer="n_fed-210302",
        issuer_region="210302",
        department="n_dept-water-210302",
        urgency=Urgency.YELLOW,
        stage=stage,
        issued_at=NOW,
    )


async def put(url: str, table: str, **row: Any) -> None:
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    insert = text(f'INSERT INTO "{table}" ({names}) VALUES ({values})')

    def put_in(connection: Connection) -> None:
        connection.execute(insert, row)

    await ask(url, put_in)


async def column(url: str, query: str) -> dict[str, str]:
    return await ask(url, lambda connection: {row[0]: row[1] for row in connection.execute(text(query))})


async def test_reports_merged_before_have_circles_that_move(new_database: NewDatabase) -> None:
    await upgrade("intake", url := new_database(), "intake_0002")
    kept = (
        case(1, Stage.MERGED, CaseClass.C2),
        case(2, Stage.MERGED, CaseClass.C1),
        case(3, Stage.CLOSED, CaseClass.C2),
        case(4, Stage.MERGED, CaseClass.C3),
    )
    for each in kept:
        body = each.model_dump_json(exclude_none=True)
        row = {"id": each.case_id, "version": 3, "command_version": 3, "region": VILLAGE, "group_node": each.group}
        await put(url, "case", **row, circled="", body=body)
    await migrate("intake", url)
    circled = await column(url, 'SELECT id, circled FROM "case" ORDER BY id')
    assert list(circled.values()) == [VILLAGE, "", "", VILLAGE]


async def test_orders_issued_before_are_found_by_their_issuer(new_database: NewDatabase) -> None:
    await upgrade("escalation", url := new_database(), "escalation_0002")
    for number, stage in enumerate((OrderStage.SIGNED, OrderStage.VERIFIED, OrderStage.CANCELLED)):
        each = order(number, stage)
        row = {"id": each.order_id, "version": 2, "command_version": 2, "case_id": each.case_id, "joint": ""}
        body = each.model_dump_json(exclude_none=True)
        await put(url, "work_order", **row, department=each.department, body=body)
    await migrate("escalation", url)
    issuers = await column(url, "SELECT id, issuer FROM work_order ORDER BY id")
    assert list(issuers.values()) == ["n_fed-210302", "n_fed-210302", ""]
