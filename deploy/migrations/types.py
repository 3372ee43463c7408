"""Column types that revisions share. A released revision must go on meaning the same, so nothing here may change its meaning."""

from sqlalchemy import String


def code(length: int | None = None) -> String:
    """Short text: an id, a region, a name of ours. Compared by code point on PostgreSQL as on SQLite, whatever the cluster's
    locale: the order of pages is the same on both, and a region's prefix is a range of the ordinary index."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")
