"""The documents that are generated from the code and committed: `yishi schema --write` writes them, `--check` compares them."""

from deploy.documents.everything import generated

__all__ = ["generated"]
