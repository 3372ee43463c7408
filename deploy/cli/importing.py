"""What `yishi regions import` and `yishi members import` have in common: send a batch, and where it is refused, ask which of its lines
are to blame and send the others.

A run that was broken off is simply started again: what is there already stays as it is and is counted as the same. The keys of the batches are new in
each run, for an answer remembered from an earlier one would say "done" of what somebody has changed since; within a run a batch is
retried with its own key.
"""

import csv
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from deploy.cli.instance import Instance, RefusedThere
from deploy.cli.main import INTERRUPTED
from deploy.starting import CannotStart
from services.contracts.commands.intake import MAX_LINES
from services.contracts.queries import LineFate
from services.contracts.refusals import Code

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before a batch is tried again: a service may be starting anew."""
SHOWN = 20
"""Refused rows that are printed where there is no file for them."""
GO_ON = "已完成的部分不变，再次执行同一命令即可继续。What is done stays: the same command goes on from there."


@contextmanager
def goes_on() -> Iterator[None]:
    """Around a whole command: Ctrl-C at any moment says that it may be run again, and no more."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(GO_ON, err=True)
        raise typer.Exit(INTERRUPTED) from None


class Line(NamedTuple):
    """One row on its way."""

    line: int
    """Where it stands in its file."""
    input: Mapping[str, Any]
    brings: str = ""
    needs: str = ""
    """What must be there before it: the `brings` of another row, or in place already."""


@dataclass(frozen=True)
class Kind:
    """What is imported."""

    subject: str
    """As in `checkRegions`, `importRegions`, `ImportRegionsInput`."""
    line: str
    """The input type of a line."""
    missing: str = ""
    """The code that says that what a line needs is not there."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """What the command takes beside its lines."""

    @property
    def variable(self) -> str:
        """The name of the list of lines."""
        return self.subject.lower()

    @property
    def check(self) -> str:
        """The query."""
        return f"""query($lines: [{self.line}!]!) {{ answer: check{self.subject}({self.variable}: $lines) {{
          fate refusal {{ code messageZh messageEn }} }} }}"""

    @property
    def send(self) -> str:
        """The mutation."""
        return f"""mutation($input: Import{self.subject}Input!) {{ answer: import{self.subject}(input: $input) {{
          __typename ... on Imported {{ new changed same }} ... on Refusal {{ code messageZh messageEn }} }} }}"""


class RefusedRows:
    """Rows that do not go in, and why: a file of line, code and reason, or the first of them on the screen."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._rows: list[tuple[int, str, str]] = []
        if path:
            try:
                path.write_text("", encoding="utf-8")
            except OSError as error:
                raise CannotStart(f"{path} cannot be written ({error.strerror}): name another file.") from None

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, line: int, code: str, reason: str) -> None:
        """One row."""
        self._rows.append((line, code, reason))

    def tell(self) -> None:
        """Write them down, in the order of their lines."""
        rows = sorted(self._rows)
        if self._path:
            with self._path.open(
                "w", encoding="utf-8-sig", newline=""
            ) as file:  # with a mark: spreadsheets ask for one
                csv.writer(file).writerows([("line", "code", "reason"), *rows])
            if rows:
                typer.echo(f"{len(rows)} 行未导入，原因见 {self._path}。Refused rows and why: {self._path}", err=True)
            return
        for line, code, reason in rows[:SHOWN]:
            typer.echo(f"line {line}: {code}: {reason}", err=True)
        if len(rows) > SHOWN:
            typer.echo(f"… {len(rows) - SHOWN} more; --errors FILE writes them all down", err=True)


@dataclass
class Import:
    """One run."""

    instance: Instance
    kind: Kind
    refused: RefusedRows
    dry_run: bool = False
    pause: Callable[[float], None] = time.sleep
    counts: Counter[LineFate] = field(default_factory=Counter)
    _run: str = field(default_factory=lambda: secrets.token_hex(8))
    _brought: set[str] = field(default_factory=set)

    def all(self, lines: Sequence[Line]) -> None:
        """Import them, in their order; with a bar. Raises typer.Exit when it cannot go on, or when rows were refused."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        try:
            with Progress(*columns, console=Console(stderr=True)) as progress:
                bar = progress.add_task(f"{'检查 check' if self.dry_run else '导入 import'}", total=len(lines))
                for number, batch in enumerate(_batches(lines)):
                    self._batch(number, batch)
                    progress.advance(bar, len(batch))
        except RefusedThere as error:
            typer.echo(f"{error}\n{GO_ON}", err=True)
            raise typer.Exit(1) from None
        except CannotStart:
            typer.echo(GO_ON, err=True)
            raise
        finally:
            self.refused.tell()
            self._sum_up()
        if len(self.refused):
            raise typer.Exit(1)

    def _batch(self, number: int, batch: Sequence[Line]) -> None:
        if self.dry_run:
            self._checked(batch)
            return
        key = f"import-{self._run}-{number:06d}"
        refusal = self._sent(key, batch)
        if refusal is None:
            return
        good = self._checked(batch)
        if len(good) < len(batch):  # without the lines that it was refused for
            refusal = self._sent(f"{key}-again", good) if good else None
        if refusal:  # somebody changed something in between: all or none
            for line in good:
                self.refused.add(line.line, refusal["code"], _words(refusal))

    def _checked(self, batch: Sequence[Line]) -> list[Line]:
        """The lines that would go in; the others are refused. In a dry run both are counted."""
        good = []
        checks = self._asked(self.kind.check, lines=[line.input for line in batch])
        for line, check in zip(batch, checks, strict=True):
            fate, refusal = LineFate(check["fate"]), check["refusal"] or {}
            if self.dry_run and refusal.get("code") == self.kind.missing and line.needs in self._brought:
                fate = LineFate.NEW  # a row above would have brought it
            if fate is LineFate.REFUSED:
                self.refused.add(line.line, refusal["code"], _words(refusal))
                continue
            good.append(line)
            if self.dry_run:
                self._brought.add(line.brings)
                self.counts[fate] += 1
        return good

    def _sent(self, key: str, lines: Sequence[Line]) -> dict[str, str] | None:
        """Send them; counted, or the refusal."""
        given = {"idempotencyKey": key, self.kind.variable: [line.input for line in lines], **self.kind.more}
        answer: dict[str, Any] = self._asked(self.kind.send, input=given)
        if answer["__typename"] == "Refusal":
            return answer
        for fate in (LineFate.NEW, LineFate.CHANGED, LineFate.SAME):
            self.counts[fate] += answer[fate.value.lower()]
        return None

    def _asked(self, document: str, **variables: Any) -> Any:
        """The answer, after as many tries as it takes. Raises RefusedThere, CannotStart."""
        for seconds in (*PAUSES, None):
            try:
                answer = self.instance.ask(document, **variables)["answer"]
                if isinstance(answer, dict) and _passing(answer.get("code", "")):
                    raise RefusedThere(answer)
                return answer
            except RefusedThere as refused:
                if seconds is None or not _passing(refused.code):
                    raise
                self.pause(seconds)
        raise AssertionError("unreachable")

    def _sum_up(self) -> None:
        new, changed, same = (self.counts[fate] for fate in (LineFate.NEW, LineFate.CHANGED, LineFate.SAME))
        if self.dry_run:
            typer.echo("试运行：什么都没有改变。Dry run: nothing was changed.")
        typer.echo(f"新增 {new}，变更 {changed}，相同 {same}，未导入 {len(self.refused)}。")
        typer.echo(f"{new} new, {changed} changed, {same} same, {len(self.refused)} refused.")


def _words(refusal: Mapping[str, str]) -> str:
    return f"{refusal['messageZh']} / {refusal['messageEn']}"


def _passing(code: str) -> bool:
    return code in Code.__members__ and Code[code].value.retryable


def _batches(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    for start in range(0, len(lines), MAX_LINES):
        yield lines[start : start + MAX_LINES]
