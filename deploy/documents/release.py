"""The event schemas that readers rely on. Those in `docs/events` are what the code says today; those in `docs/events/released` are
what has gone out, and `tests/contracts/test_compat.py` refuses whatever would break them. Only a release writes them."""

from pathlib import Path

from deploy.documents.events import EVENT_TYPES, file_of, schema_text

ROOT = Path(__file__).parents[2]
RELEASED = ROOT / "docs" / "events" / "released"


def release(folder: Path = RELEASED) -> list[str]:
    """Write today's schemas as released ones; returns the types that are new or have grown. Never takes one away: topics are
    kept for ever, so records of every released version are."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind in EVENT_TYPES:
        file, text = folder / Path(file_of(kind)).name, schema_text(kind)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            written.append(kind.type_name())
    return written
