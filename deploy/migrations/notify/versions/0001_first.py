"""first"""

import sqlalchemy as sa
from alembic import op

from deploy.migrations.types import code

revision = "notify_0001"
down_revision = None


def upgrade() -> None:
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
        "digest",
        sa.Column("address", code(64), nullable=False),
        sa.Column("case_id", code(40), nullable=False),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address", "case_id"),
    )
    op.create_index("digest_due", "digest", ["send_at", "address"], unique=False)
    op.create_table(
        "entry",
        sa.Column("id", code(32), nullable=False),
        sa.Column("address", code(64), nullable=False),
        sa.Column("kind", code(32), nullable=False),
        sa.Column("case_id", code(40), nullable=True),
        sa.Column("order_id", code(40), nullable=True),
        sa.Column("case_number", code(32), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("entry_address", "entry", ["address", "id"], unique=False)
    op.create_index(op.f("ix_entry_case_id"), "entry", ["case_id"], unique=False)
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
        "mailbox",
        sa.Column("id", code(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("command_version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
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
        "read_mark",
        sa.Column("member", code(48), nullable=False),
        sa.Column("up_to", code(32), nullable=False),
        sa.PrimaryKeyConstraint("member"),
    )
    op.create_table(
        "waiting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", code(40), nullable=False),
        sa.Column("topic", code(40), nullable=False),
        sa.Column("event_type", code(80), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_waiting_case_id"), "waiting", ["case_id"], unique=False)
