"""circles"""

import sqlalchemy as sa
from alembic import op

from deploy.migrations.types import code
from services.intake.rules.case import Case

revision = "intake_0002"
down_revision = "intake_0001"


def upgrade() -> None:
    with op.batch_alter_table("case") as table:
        table.add_column(sa.Column("circled", code(12), nullable=False, server_default=""))
    with op.batch_alter_table("case") as table:
        table.alter_column("circled", server_default=None)
    op.create_index("case_circled", "case", ["circled", "id"], unique=False)
    op.create_table(
        "turnover",
        sa.Column("node", code(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("node"),
    )
    op.create_index("turnover_order", "turnover", ["look_at", "node"], unique=False)
    kept = sa.table("case", sa.column("id"), sa.column("circled"), sa.column("body"))
    connection = op.get_bind()
    for row in connection.execute(sa.select(kept.c.id, kept.c.body)).all():
        case = Case.model_validate_json(row.body)
        if case.circled:
            connection.execute(sa.update(kept).where(kept.c.id == row.id).values(circled=case.village))
