"""What the people of the roster find in their inboxes and on their boards: who was told of a matter, and of what."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from deploy.demo import roster
from deploy.demo.stories.base import Scene, Told

INBOX = "{ me { inbox(first: 100) { edges { node { id kind caseId orderId board } } } } }"
NONE: Mapping[str, Mapping[str, Any]] = {}
UNREADABLE = "an inbox that cannot be read"


class Inboxes:
    """Everybody's inbox, as far as it speaks of a scene's matters."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._known: set[str] = set()

    async def gained(
        self, people: Iterable[str], *, read: Mapping[str, Mapping[str, Any]] = NONE, and_remember: bool = False
    ) -> list[Told]:
        """What has come into these people's inboxes and on their boards since it was last remembered. `read`: what some of them have been
        answered to `me` just now."""
        names = list(people)
        asked = [name for name in names if name not in read]
        answers = await asyncio.gather(*(self._scene.person(name).ask(INBOX) for name in asked))
        found = {**read, **{name: (each.data or {}).get("me") for name, each in zip(asked, answers, strict=True)}}
        about = {matter.case_id for matter in self._scene.matters.values()} - {""}
        kinds: dict[str, str] = {}
        readers: dict[str, list[str]] = {}
        boards: set[str] = set()
        told = [Told(name, UNREADABLE) for name in names if not found[name]]
        for name in names:
            for edge in (found[name] or {"inbox": {"edges": []}})["inbox"]["edges"]:
                entry = edge["node"]
                if (entry["caseId"] in about or entry.get("orderId") in self._scene.orders) and entry[
                    "id"
                ] not in self._known:
                    kinds[entry["id"]] = entry["kind"]
                    readers.setdefault(entry["id"], []).append(name)
                    if entry["board"]:
                        boards.add(entry["id"])
        if and_remember:
            self._known |= set(kinds)
        for entry, kind in kinds.items():
            addresses = [board_of(readers[entry])] if entry in boards else readers[entry]
            told += [Told(address, kind) for address in addresses]
        return told


def finds(name: str, address: str) -> bool:
    """Whether somebody finds what is told to an address: her own, or a board of hers."""
    return address == name or address in {_board(node) for node in _nodes_of(name)}


def board_of(readers: Iterable[str]) -> str:
    """The board that exactly these people read: that of the node to which all of them and nobody else belong."""
    names = set(readers)
    for node in set.intersection(*(_nodes_of(name) for name in names)):
        if {name for name in roster.names() if node in _nodes_of(name)} == names:
            return _board(node)
    return f"group:? (read by {', '.join(sorted(names))})"


def difference(told: Iterable[Told], expected: Iterable[Told]) -> str | None:
    """Who was not told, and who was told without reason; None: all is as expected."""
    missing, unexpected = Counter(expected) - Counter(told), Counter(told) - Counter(expected)
    words = [lacking(missing)] if missing else []
    words += [f"{each.who} was told {each.kind}" for each in unexpected.elements()]
    return "; ".join(words) or None


def lacking(which: Counter[Told]) -> str:
    """In words: who was not told what."""
    return ", ".join(f"{each.who} was not told {each.kind}" for each in which.elements())


def names_of(told: Iterable[Told]) -> tuple[str, ...]:
    """The addresses, each once: people in the roster's order, then boards."""
    names = roster.names()
    found = dict.fromkeys(each.who for each in told)
    return tuple(sorted(found, key=lambda who: names.index(who) if who in names else len(names)))


def _nodes_of(name: str) -> set[str]:
    return {grant.node for grant in roster.caller(name).grants}


def _board(node: str) -> str:
    return f"group:{next(each.name for each in roster.nodes() if each.id == node)}"
