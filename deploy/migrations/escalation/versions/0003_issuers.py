"""issuers"""

import sqlalchemy as sa
from alembic import op

from deploy.migrations.types import code
from services.escalation.rules.order_clocks import WorkOrder

revision = "escalation_0003"
down_revision = "escalation_0002"


def upgrade() -> None:
    with op.batch_alter_table("work_order") as table:
        table.add_column(sa.Column("issuer", code(64), nullable=False, server_default=""))
    with op.batch_alter_table("work_order") as table:
        table.alter_column("issuer", server_default=None)
    op.create_index("ix_work_order_issuer", "work_order", ["issuer"], unique=False)
    kept = sa.table("work_order", sa.column("id"), sa.column("issuer"), sa.column("body"))
    connection = op.get_bind()
    for row in connection.execute(sa.select(kept.c.id, kept.c.body)).all():
        order = WorkOrder.model_validate_json(row.body)
        if not order.stage.ended:
            connection.execute(sa.update(kept).where(kept.c.id == row.id).values(issuer=order.issuer))
