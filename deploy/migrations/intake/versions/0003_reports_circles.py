"""reports' circles"""

import sqlalchemy as sa
from alembic import op

from services.intake.rules.case import Case

revision = "intake_0003"
down_revision = "intake_0002"


def upgrade() -> None:
    kept = sa.table("case", sa.column("id"), sa.column("circled"), sa.column("body"))
    connection = op.get_bind()
    for row in connection.execute(sa.select(kept.c.id, kept.c.body).where(kept.c.circled == "")).all():
        case = Case.model_validate_json(row.body)
        if case.circled:
            connection.execute(sa.update(kept).where(kept.c.id == row.id).values(circled=case.village))
