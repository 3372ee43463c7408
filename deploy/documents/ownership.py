"""`docs/services.md`: who owns what, from the services' own pages."""

from collections.abc import Callable
from typing import Any

from deploy.documents.events import first_sentences
from deploy.documents.markdown import both, code, page, table
from deploy.documents.permissions import role_zh
from deploy.documents.words import REACHES, SERVICES
from gateway.projector import PROJECTOR
from services.chassis.service import Service, ignore
from services.contracts import topics
from services.contracts.names import zh
from services.contracts.permission_table import TABLE
from services.deliberation.service import DELIBERATION
from services.escalation.service import ESCALATION
from services.intake.service import INTAKE
from services.notify.service import NOTIFY

PAGES = (INTAKE, DELIBERATION, ESCALATION, NOTIFY, PROJECTOR)


def services_page() -> str:
    """Commands, reactions, timers, queries and facts of every service."""
    return page(
        "服务 · Services",
        "每个服务拥有自己的决定，别人只能读它的事实。以下由各服务的 `service.py` 生成；谁可以做什么的全表见 [permissions.md](permissions.md)。",
        "Every service owns its decisions; others read its facts. Generated from each `service.py`; who may do what, at which level, is in "
        "[permissions.md](permissions.md).",
        *(_section(service) for service in PAGES),
    )


def _section(service: Service) -> str:
    tells = [topic for topic in topics.TOPICS if topic.owner == service.name]
    facts = [(code(topic.name), ", ".join(kind.__name__ for kind in topic.events)) for topic in tells]
    commands = [
        (
            both(zh(each.model.command_name()), code(each.model.command_name())),
            _who(each.model.command_name()),
            _says(each.model),
        )
        for each in service.commands
    ]
    reactions = [
        (code(each.topic.name), "只记下最新状态 keeps the newest state" if each.react is ignore else _says(each.react))
        for each in service.reactions
    ]
    timers = [(code(each.name), f"{each.every:g} s", _says(each.run)) for each in service.timers]
    queries = [(code(each.name), _says(each.ask)) for each in service.queries]
    parts = (
        ("操作 · Commands", ("操作 command", "谁可以 who may", "做什么 what it does"), commands),
        ("查询 · Queries", ("查询 query", "做什么 what it does"), queries),
        ("反应 · Reactions", ("主题 topic", "做什么 what it does"), reactions),
        ("定时 · Timers", ("名称 name", "间隔 every", "做什么 what it does"), timers),
        ("事实 · Facts", ("主题 topic", "事件 events"), facts),
    )
    title = f"## {SERVICES.get(service.name, '')} `{service.name}`"
    return "\n\n".join([title, *(f"### {head}\n\n{table(heads, rows)}" for head, heads, rows in parts if rows)])


def _who(command: str) -> str:
    """The roles that the table lets through, in Chinese; levels and reach are on the page of permissions."""
    lines = [line for line in TABLE if line.command == command]
    names = [role_zh(line.role) if line.role else REACHES[line.reach][0] for line in lines]
    return "、".join(dict.fromkeys(names))


def _says(what: Callable[..., Any] | type[Any]) -> str:
    return first_sentences(what.__doc__)
