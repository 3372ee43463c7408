"""What Alembic runs for every service and both databases. Connection and models come from `deploy.migrate` and `draft`."""

from alembic import context

given = context.config.attributes

context.configure(
    connection=given["connection"],
    target_metadata=given.get("models"),
    render_item=given.get("render_item"),
    render_as_batch=given.get("render_as_batch", False),
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
