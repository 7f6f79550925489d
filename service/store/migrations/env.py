"""Run by alembic: the steps happen in the connection, and in the transaction, of `service.store.migrating.migrate`."""

from alembic import context

from service.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
