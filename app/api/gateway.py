"""What the routes work with: made once by the root, handed to each route by FastAPI."""

import time
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from app.api.event_stream import OpenStreams
from app.api.geocoding import FleetGeocoder
from app.core.orchestrator import Orchestrator


@dataclass(frozen=True)
class Gateway:
    """`agent_timeouts_ms`: deadline of each agent that is asked by itself."""

    orchestrator: Orchestrator
    agent_timeouts_ms: dict[str, int]
    is_streaming_enabled: bool
    geocoder: FleetGeocoder
    open_streams: OpenStreams = field(default_factory=OpenStreams)
    started_at: float = field(default_factory=time.monotonic)

    def uptime_s(self) -> float:
        return round(time.monotonic() - self.started_at, 3)


# Not that it awaits anything: the framework gives functions that are not async to a thread, at each request.
async def _gateway(request: Request) -> Gateway:
    gateway: Gateway = request.app.state.gateway
    return gateway


CurrentGateway = Annotated[Gateway, Depends(_gateway)]
