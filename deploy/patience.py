"""HTTP with an end to patience: uvicorn itself lets a client that sends half a request hold its connection for ever."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""How long a client may take to send a request's head; then 408 (RFC 9110, 15.5.9)."""
BODY_SECONDS = 120.0
"""How long it may take to send the body: ten megabytes of photo over a slow line in the country."""


class PatientProtocol(H11Protocol):
    """One deadline for each phase of a request, which more data does not move."""

    _phase: Any = None
    _patience: asyncio.TimerHandle | None = None
    _handed_over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn asks for what a TCP server hands over
        self._look()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_longer()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        super().handle_websocket_upgrade(event)
        self._handed_over = True

    def _look(self) -> None:
        if self._handed_over:  # to a protocol of sockets, which has pings for that
            self._wait_no_longer()
            return
        phase = self.conn.their_state
        if phase is self._phase:
            return
        self._wait_no_longer()
        self._phase = phase
        if phase is h11.IDLE:
            self._patience = self.loop.call_later(HEAD_SECONDS, self._cut)
        elif phase is h11.SEND_BODY:
            self._patience = self.loop.call_later(BODY_SECONDS, self._cut)

    def _wait_no_longer(self) -> None:
        if self._patience:
            self._patience.cancel()
            self._patience = None

    def _cut(self) -> None:
        if self._phase is h11.IDLE and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        self.transport.close()
