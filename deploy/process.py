"""One process of a distributed run: `python -m deploy.process intake|deliberation|escalation|notify|gateway|projector`.

Migrates its own database, serves on its port, consumes, relays, keeps time; drains at SIGTERM. Serves commands with Kafka away.
The gateway and the projector share a database: the projector writes the read model, any number of gateways read it, and apply
what their own callers' commands told.
"""

import asyncio
import socket
import sys
from contextlib import AsyncExitStack

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from starlette.types import ASGIApp

from deploy.migrate import SchemaUnknown, check, migrate
from deploy.serving import server_of
from deploy.starting import CannotStart, check_distributed, check_python, listening_socket, no_database
from deploy.wiring import SERVICES, Wiring
from gateway.projector import PROJECTOR
from services.chassis.bus.kafka import KafkaBus
from services.chassis.identity import KeySetError
from services.chassis.settings import Settings, sentence_of
from services.chassis.telemetry import log_to_stderr
from services.escalation.limits_file import LimitsFileError

GATEWAY, PROJECTION = PROJECTOR.name, "projector"
PROCESSES = (*SERVICES, PROJECTION, GATEWAY)
"""The kinds of process; there may be several of each."""


def run(process: str, settings: Settings) -> int:
    """Until SIGTERM or Ctrl-C. Returns the exit code. Raises CannotStart."""
    check_python()
    check_distributed(settings)
    log_to_stderr(process, settings.log_level)
    with listening_socket(settings, process) as listener:
        try:
            asyncio.run(_serve(process, settings, listener))
        except (SchemaUnknown, KeySetError) as error:
            raise CannotStart(str(error)) from None
        except LimitsFileError as error:
            raise CannotStart(f"YISHI_LIMITS: {error}") from None
        except (OSError, DBAPIError) as error:
            raise CannotStart(no_database(settings, process, error)) from None
    return 0


async def _serve(process: str, settings: Settings, listener: socket.socket) -> None:
    wiring = Wiring(settings, KafkaBus(settings.kafka, f"yishi-{process}"))
    try:
        part = wiring.service(GATEWAY if process == PROJECTION else process)
        await migrate(part.room.service.name, part.room.database.url)
        await check(part.room.service.name, part.room.database.url)
        async with AsyncExitStack() as running:
            app: ASGIApp = part.runtime.app
            if process == PROJECTION:
                wiring.give_sources(part, wiring.calling())
            if process == GATEWAY:
                app = wiring.gateway(part, wiring.calling(), graphiql=settings.graphiql)
            else:
                await running.enter_async_context(part.runtime.running())
            await server_of(app).serve(sockets=[listener])
    finally:
        await wiring.close()


def main() -> int:
    """The entry point."""
    try:
        if len(sys.argv) != 2 or sys.argv[1] not in PROCESSES:
            raise CannotStart(f"python -m deploy.process {'|'.join(PROCESSES)}")
        return run(sys.argv[1], Settings())
    except ValidationError as error:
        print(sentence_of(error), file=sys.stderr)
    except CannotStart as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main())
