"""first"""

import sqlalchemy as sa
from alembic import op

from deploy.migrations.types import code

revision = "escalation_0001"
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
        "content",
        sa.Column("id", code(32), nullable=False),
        sa.Column("case_id", code(40), nullable=False),
        sa.Column("field", code(24), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", code(48), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_content_case_id"), "content", ["case_id"], unique=False)
    op.create_table(
        "custody",
        sa.Column("id", code(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("command_version", sa.Integer(), nullable=False),
        sa.Column("region", code(12), nullable=False),
        sa.Column("holder", code(64), nullable=False),
        sa.Column("vacant", code(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_custody_holder"), "custody", ["holder"], unique=False)
    op.create_index(op.f("ix_custody_region"), "custody", ["region"], unique=False)
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
        "due",
        sa.Column("case_id", code(40), nullable=False),
        sa.Column("what", code(24), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "what"),
    )
    op.create_index("due_order", "due", ["look_at", "case_id"], unique=False)
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
        "order_content",
        sa.Column("id", code(32), nullable=False),
        sa.Column("order_id", code(40), nullable=False),
        sa.Column("field", code(24), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", code(48), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_order_content_order_id"), "order_content", ["order_id"], unique=False)
    op.create_table(
        "order_due",
        sa.Column("order_id", code(40), nullable=False),
        sa.Column("what", code(24), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "what"),
    )
    op.create_index("order_due_order", "order_due", ["look_at", "order_id"], unique=False)
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
        "work_order",
        sa.Column("id", code(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("command_version", sa.Integer(), nullable=False),
        sa.Column("case_id", code(40), nullable=False),
        sa.Column("department", code(64), nullable=False),
        sa.Column("joint", code(40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_work_order_case_id"), "work_order", ["case_id"], unique=False)
    op.create_index(op.f("ix_work_order_joint"), "work_order", ["joint"], unique=False)
