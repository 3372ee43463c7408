"""Revisions of each service's tables, `<service>/versions/NNNN_*.py`. `deploy.migrate` runs them, `deploy.migrations.draft` writes them."""
