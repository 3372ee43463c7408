"""notes"""

import sqlalchemy as sa
from alembic import op

from deploy.migrations.types import code

revision = "escalation_0002"
down_revision = "escalation_0001"


def upgrade() -> None:
    with op.batch_alter_table("content") as table:
        table.add_column(sa.Column("node", code(64), nullable=False, server_default=""))
    with op.batch_alter_table("content") as table:
        table.alter_column("node", server_default=None)
