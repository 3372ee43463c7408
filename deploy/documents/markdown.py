"""What a generated page is made of."""

from collections.abc import Iterable, Sequence

NOTICE = "<!-- 由代码生成，请勿手改：make schema。Generated from the code; do not edit: make schema. -->"


def page(title: str, *parts: str) -> str:
    """A page: its title, the notice that it is generated, its parts."""
    return "\n\n".join((f"# {title}", NOTICE, *(part.strip("\n") for part in parts if part))) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table. Bars and line ends in its cells cannot break it."""
    lines = [_row(heads), _row(["---"] * len(heads)), *(_row(row) for row in rows)]
    return "\n".join(lines)


def code(text: object) -> str:
    """A code, a name or a value; nothing if it is empty."""
    return f"`{text}`" if str(text) else ""


def both(zh: str, en: str) -> str:
    """Chinese first, English beside; either alone where the other is missing."""
    return "<br>".join(part for part in (zh, en) if part)


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(" ".join(str(cell).split()).replace("|", "\\|") for cell in cells) + " |"
