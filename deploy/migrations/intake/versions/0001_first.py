"""first"""

import sqlalchemy as sa
from alembic import op

from deploy.migrations.types import code

revision = "intake_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "access_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member", code(48), nullable=False),
        sa.Column("case_id", code(40), nullable=False),
        sa.Column("fields", code(120), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_access_log_case_id"), "access_log", ["case_id"], unique=False)
    op.create_index(op.f("ix_access_log_member"), "access_log", ["member"], unique=False)
    op.create_table(
        "answer",
        sa.Column("caller", code(64), nullable=False),
        sa.Column("command", code(48), nullable=False),
        sa.Column("key", code(128), nullable=False),
        sa.Column("body", code(64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", code(32), nullable=False),
        sa.PrimaryKeyConstraint("caller", "command", "key"),
    )
    op.create_index(op.f("ix_answer_at"), "answer", ["at"], unique=False)
    op.create_table(
        "attachment",
        sa.Column("id", code(32), nullable=False),
        sa.Column("uploader", code(48), nullable=False),
        sa.Column("case_id", code(40), nullable=True),
        sa.Column("purpose", code(16), nullable=False),
        sa.Column("media_type", code(24), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", code(32), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_attachment_case_id"), "attachment", ["case_id"], unique=False)
    op.create_index(op.f("ix_attachment_uploaded_at"), "attachment", ["uploaded_at"], unique=False)
    op.create_table(
        "case",
        sa.Column("id", code(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("command_version", sa.Integer(), nullable=False),
        sa.Column("region", code(12), nullable=False),
        sa.Column("group_node", code(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_case_group_node"), "case", ["group_node"], unique=False)
    op.create_index(op.f("ix_case_region"), "case", ["region"], unique=False)
    op.create_table(
        "content",
        sa.Column("case_id", code(40), nullable=False),
        sa.Column("field", code(24), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "field"),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("topic", code(80), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("key", code(80), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("reason", code(24), nullable=False),
        sa.Column("error", code(200), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("held_at", code(32), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("topic", "partition", "offset", name="dead_letter_place"),
        sqlite_autoincrement=True,
    )
    op.create_index("dead_letter_key", "dead_letter", ["topic", "key"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("event_id", code(80), nullable=False),
        sa.Column("at", code(32), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index(op.f("ix_inbox_at"), "inbox", ["at"], unique=False)
    op.create_table(
        "known",
        sa.Column("topic", code(80), nullable=False),
        sa.Column("key", code(80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "key"),
    )
    op.create_table(
        "lease",
        sa.Column("name", code(40), nullable=False),
        sa.Column("owner", code(40), nullable=False),
        sa.Column("until", code(32), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "node",
        sa.Column("id", code(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("command_version", sa.Integer(), nullable=False),
        sa.Column("region", code(12), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_node_region"), "node", ["region"], unique=False)
    op.create_table(
        "numbering",
        sa.Column("city", code(4), nullable=False),
        sa.Column("day", code(8), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("city", "day"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("topic", code(80), nullable=False),
        sa.Column("key", code(80), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("event_id", code(40), nullable=False),
        sa.Column("at", code(32), nullable=False),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("event_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_topic", "outbox", ["topic", "id"], unique=False)
    op.create_index(
        "outbox_unsent",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("sent IS 0"),
        postgresql_where=sa.text("sent IS false"),
    )
    op.create_table(
        "position",
        sa.Column("topic", code(80), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic"),
    )
    op.create_table(
        "region",
        sa.Column("id", code(12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("command_version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
