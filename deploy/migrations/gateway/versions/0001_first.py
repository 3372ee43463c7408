"""first"""

import sqlalchemy as sa
from alembic import op

from deploy.migrations.types import code

revision = "gateway_0001"
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
        "board",
        sa.Column("region", code(12), nullable=False),
        sa.Column("level", code(12), nullable=False),
        sa.Column("category", code(24), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("amber", sa.Integer(), nullable=False),
        sa.Column("red", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("region", "level", "category", "private"),
    )
    op.create_table(
        "case_group",
        sa.Column("case_id", code(40), nullable=False),
        sa.Column("group_node", code(64), nullable=False),
        sa.Column("access_state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_index(op.f("ix_case_group_group_node"), "case_group", ["group_node"], unique=False)
    op.create_table(
        "case_guest",
        sa.Column("case_id", code(40), nullable=False),
        sa.Column("address", code(64), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "address"),
    )
    op.create_index("case_guest_of", "case_guest", ["address", "private"], unique=False)
    op.create_table(
        "case_member",
        sa.Column("case_id", code(40), nullable=False),
        sa.Column("member", code(48), nullable=False),
        sa.Column("relation", code(12), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "member", "relation"),
    )
    op.create_index("case_member_of", "case_member", ["member", "relation"], unique=False)
    op.create_table(
        "case_people",
        sa.Column("case_id", code(40), nullable=False),
        sa.Column("people_state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_table(
        "case_view",
        sa.Column("case_id", code(40), nullable=False),
        sa.Column("region", code(12), nullable=False),
        sa.Column("case_class", code(2), nullable=False),
        sa.Column("state", code(24), nullable=False),
        sa.Column("submitted_at", code(32), nullable=False),
        sa.Column("amber_at", code(32), nullable=False),
        sa.Column("due_at", code(32), nullable=False),
        sa.Column("seen_from", sa.Integer(), nullable=False),
        sa.Column("holder", code(64), nullable=False),
        sa.Column("case_state", sa.Text(), nullable=False),
        sa.Column("docket_state", sa.Text(), nullable=False),
        sa.Column("custody_state", sa.Text(), nullable=False),
        sa.Column("case_version", sa.Integer(), nullable=False),
        sa.Column("docket_version", sa.Integer(), nullable=False),
        sa.Column("custody_version", sa.Integer(), nullable=False),
        sa.Column("case_sealed", sa.Boolean(), nullable=False),
        sa.Column("custody_sealed", sa.Boolean(), nullable=False),
        sa.Column("left", sa.Boolean(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("summary_version", sa.Integer(), nullable=False),
        sa.Column("summary_wanted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_index("case_view_list", "case_view", ["region", "submitted_at", "case_id"], unique=False)
    op.create_index("case_view_state", "case_view", ["state", "region"], unique=False)
    op.create_index(op.f("ix_case_view_summary_wanted"), "case_view", ["summary_wanted"], unique=False)
    op.create_table(
        "change",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject", code(16), nullable=False),
        sa.Column("key", code(64), nullable=False),
        sa.Column("entry", code(40), nullable=False),
        sa.Column("kind", code(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_change_key"), "change", ["key"], unique=False)
    op.create_table(
        "council_standing",
        sa.Column("node", code(64), nullable=False),
        sa.Column("address", code(64), nullable=False),
        sa.Column("region", code(12), nullable=False),
        sa.PrimaryKeyConstraint("node", "address"),
    )
    op.create_index(op.f("ix_council_standing_address"), "council_standing", ["address"], unique=False)
    op.create_table(
        "council_view",
        sa.Column("node", code(64), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("node"),
    )
    op.create_table(
        "counter",
        sa.Column("region", code(12), nullable=False),
        sa.Column("month", code(7), nullable=False),
        sa.Column("category", code(24), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("metric", code(32), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("region", "month", "category", "private", "metric"),
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
        "freshness",
        sa.Column("cell", code(4), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("cell"),
    )
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
        "node_view",
        sa.Column("id", code(64), nullable=False),
        sa.Column("region", code(12), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_node_view_region"), "node_view", ["region"], unique=False)
    op.create_table(
        "order_view",
        sa.Column("order_id", code(40), nullable=False),
        sa.Column("case_id", code(40), nullable=False),
        sa.Column("joint", code(40), nullable=False),
        sa.Column("region", code(12), nullable=False),
        sa.Column("issuer", code(64), nullable=False),
        sa.Column("department", code(64), nullable=False),
        sa.Column("stage", code(24), nullable=False),
        sa.Column("changed_at", code(32), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("order_id"),
    )
    op.create_index(op.f("ix_order_view_case_id"), "order_view", ["case_id"], unique=False)
    op.create_index(op.f("ix_order_view_joint"), "order_view", ["joint"], unique=False)
    op.create_index("order_view_department", "order_view", ["department", "changed_at", "order_id"], unique=False)
    op.create_index("order_view_region", "order_view", ["region", "changed_at", "order_id"], unique=False)
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
        "region_view",
        sa.Column("code", code(12), nullable=False),
        sa.Column("name", code(80), nullable=False),
        sa.Column("source", code(20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "rejection",
        sa.Column("case_id", code(40), nullable=False),
        sa.Column("region", code(12), nullable=False),
        sa.Column("month", code(7), nullable=False),
        sa.Column("at", code(32), nullable=False),
        sa.Column("category", code(24), nullable=False),
        sa.Column("reason", code(24), nullable=False),
        sa.Column("node", code(64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("lot", code(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_index("rejection_month", "rejection", ["month", "region"], unique=False)
    op.create_table(
        "timeline",
        sa.Column("event_id", code(80), nullable=False),
        sa.Column("case_id", code(40), nullable=False),
        sa.Column("at", code(32), nullable=False),
        sa.Column("kind", code(32), nullable=False),
        sa.Column("service", code(16), nullable=False),
        sa.Column("node", code(64), nullable=False),
        sa.Column("detail", code(80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index("timeline_case", "timeline", ["case_id", "at", "event_id"], unique=False)
