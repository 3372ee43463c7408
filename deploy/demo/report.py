"""How a played story is shown: a table for people, a JSON line a step for programs."""

import json
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.demo.days import SHANGHAI
from deploy.demo.player import Played
from deploy.demo.stories.base import Story, Tier

LEARNS = {
    Tier.NOTHING: "Not even that it exists",
    Tier.ENTRY: "That it exists, no words of it",
    Tier.SUMMARY: "That it exists, and its approved summary",
    Tier.CONTENT: "Its words, not whose they are",
}
"""What those may learn who must not learn more."""


def json_line(played: Played) -> str:
    """One step. The names of the keys are relied upon by others."""
    seen = played.seen
    line = {
        "story": played.story,
        "step": played.step.row,
        "actor": played.step.actor,
        "command": played.step.command,
        "ok": played.ok,
        "caseId": played.case_id or None,
        "p1": seen.p1 or None,
        "p2": seen.p2 or None,
        "p3": seen.p3 or None,
        "holder": seen.holder,
        "clock": {"stage": seen.clock[0], "dueAt": seen.clock[1]} if seen.clock else None,
        "told": list(played.told),
        "never": [{"who": each.who, "held": each.held} for each in played.never],
        "error": played.error,
    }
    return json.dumps(line, ensure_ascii=False)


def summary(played: Sequence[Played]) -> str:
    """The last words, for people and programs."""
    failed = sum(not each.ok for each in played)
    stories = len({each.story for each in played})
    what = f"{stories} {'story' if stories == 1 else 'stories'}, {len(played)} steps"
    return f"{what}: {'everything held' if not failed else f'{failed} did not hold'}"


def summary_line(played: Sequence[Played]) -> str:
    """The last JSON line."""
    passed = sum(each.ok for each in played)
    return json.dumps(
        {"summary": summary(played), "passed": passed, "failed": len(played) - passed}, ensure_ascii=False
    )


ROOMY = 160
"""Columns of a terminal in which the whole table stands side by side; in a narrower one, or a pipe, it stands in three columns."""


def show(console: Console, story: Story, played: Sequence[Played]) -> None:
    """The story as a table, and under it who was asked what she must not know."""
    table = Table(title=f"{story.id}  {story.title}", title_justify="left", title_style="bold", show_lines=True)
    (_side_by_side if console.width >= ROOMY else _stacked)(table, played)
    console.print()
    console.print(table)
    console.print(_legend(story, played))


def _side_by_side(table: Table, played: Sequence[Played]) -> None:
    table.add_column("", width=1)
    table.add_column("who did what", ratio=4, min_width=40)
    for name in ("P1", "P2", "P3"):
        table.add_column(name, no_wrap=True)
    table.add_column("holder, clock", min_width=24)
    table.add_column("told", min_width=24)
    table.add_column("must not know", max_width=32)
    for each in played:
        table.add_row(str(each.step.row), _what(each), *_states(each), _held_by(each), _told(each), _never(each))


def _stacked(table: Table, played: Sequence[Played]) -> None:
    table.add_column("", width=1)
    table.add_column("who did what", ratio=1)
    table.add_column("P1 P2 P3, holder, clock, told, must not know", ratio=1)
    for each in played:
        p1, p2, p3 = _states(each)
        told = _told(each).replace("\n", ", ")
        lines = (f"{p1}  {p2}  {p3}" if p1 else "", _held_by(each), f"told: {told}" if told else "")
        became = Text("\n".join(filter(None, lines)) + "\n").append_text(_never(each))
        table.add_row(str(each.step.row), _what(each), became)


def _told(played: Played) -> str:
    return "\n".join(played.told) or ("nobody" if played.seen.p1 else "")


def _what(played: Played) -> Text:
    step = played.step
    text = Text.assemble((step.actor, "bold"), f" {step.what}\n", (step.command, "cyan"))
    if played.ok:
        for check in step.checks:
            text.append(f"\n✓ {check.says}", "green")
    else:
        text.append(f"\n✗ {played.error}", "bold red")
    return text


def _states(played: Played) -> tuple[str, str, str]:
    seen = played.seen
    return seen.p1, seen.p2, seen.p3.replace(", ", "\n")


def _held_by(played: Played) -> str:
    seen = played.seen
    if seen.holder is None or seen.clock is None:
        return "nobody: closed" if seen.p1 == "CLOSED" else ""
    stage, due_at = seen.clock
    return f"{seen.holder_name}\n{stage} until {datetime.fromisoformat(due_at).astimezone(SHANGHAI):%m-%d %H:%M}"


def _never(played: Played) -> Text:
    if not played.never:
        return Text("")
    if learnt := [each.who for each in played.never if not each.held]:
        return Text(f"✗ {', '.join(learnt)} did", "bold red")
    return Text(f"✓ none of {len(played.never)} did", "green")


def _legend(story: Story, played: Sequence[Played]) -> Table:
    legend = Table.grid(padding=(0, 2, 0, 1))
    legend.add_column(style="dim", no_wrap=True)
    legend.add_column()
    legend.add_row("matter", next((each.case_id for each in played if each.case_id), "none"))
    legend.add_row("clock", "the one that is due first, in Liaoning's time")
    legend.add_row(
        "told",
        "what the inboxes and boards of the whole roster gained by each step; the daily digest comes at 17:00 and is not awaited",
    )
    legend.add_row(
        "asked",
        "after every step, with their own tokens: the matter by id and by node, lists, timeline, inbox, photos, subscriptions. "
        "Every raw answer was searched for what was said, for name and telephone, and for what the camera wrote.",
    )
    for tier, learns in LEARNS.items():
        if people := [never.who for never in story.never if never.knows is tier]:
            legend.add_row("", f"{learns}: {', '.join(people)}")
    return legend
