"""Is the process up, is Redis there, is each agent there: asked of each, and the one that is down is named.

The routes answer 200 whatever they found, so that a probe of the process is not a probe of Redis; the body tells.
"""

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse, RedirectResponse
from prometheus_client import CONTENT_TYPE_LATEST

from app.api.answers import AgentInstance, AttemptCount, Breaker, HealthAnswer, StatusAnswer
from app.api.gateway import CurrentGateway, Gateway
from app.api.metrics import exposition
from app.version import VERSION


async def front_door() -> RedirectResponse:
    """Whoever opens the bare address in a browser finds what there is."""
    return RedirectResponse("/docs")


async def health(gateway: CurrentGateway) -> HealthAnswer:
    """Whether the gateway is up, and what it has behind it."""
    return await _health(gateway)


async def status(gateway: CurrentGateway) -> StatusAnswer:
    """The same with every living worker instance, its load and how well it does."""
    found = await _health(gateway)
    orchestrator, fleet = gateway.orchestrator, gateway.orchestrator.fleet
    return StatusAnswer(
        **found.model_dump(),
        version=VERSION,
        streaming_enabled=gateway.is_streaming_enabled,
        instances={
            agent: [AgentInstance(**beat.model_dump()) for beat in fleet.instances(agent)] for agent in fleet.agents
        },
        sessions_running=len(orchestrator.running),
        sessions_ended=dict(orchestrator.ended),
        sessions_taken_over=orchestrator.taken_over,
        breakers={
            agent: Breaker(state=view.state, failures=view.failures, open_for_seconds=round(view.open_for_s, 1))
            for agent, view in orchestrator.breakers.views().items()
        },
        attempts=[
            AttemptCount(agent=agent, outcome=outcome, attempt=attempt, count=count)
            for (agent, outcome, attempt), count in sorted(orchestrator.attempts.counted.items())
        ],
        retries=orchestrator.attempts.retries(),
        waiting=orchestrator.queue_lengths(),
    )


async def metrics(gateway: CurrentGateway) -> Response:
    """For Prometheus, in its text format."""
    redis = await gateway.orchestrator.redis_standing()
    return Response(exposition(gateway.orchestrator, redis), media_type=CONTENT_TYPE_LATEST)


def add_routes(router: APIRouter) -> None:
    router.get("/health", tags=["health"], summary="Health")(health)
    router.get("/status", tags=["health"], summary="Status in detail")(status)
    router.get("/api/v1/health", tags=["health"], summary="Health of the orchestrator")(health)
    router.get("/", include_in_schema=False)(front_door)
    router.get("/metrics", tags=["health"], summary="Metrics", response_class=PlainTextResponse)(metrics)


async def _health(gateway: Gateway) -> HealthAnswer:
    redis = await gateway.orchestrator.redis_standing()
    agents = gateway.orchestrator.fleet.health()
    is_whole = redis == "well" and all(found == "healthy" for found in agents.values())
    return HealthAnswer(
        status="unhealthy" if redis == "away" else "healthy" if is_whole else "degraded",
        redis_connected=redis != "away",
        redis_writable=redis == "well",
        uptime_seconds=gateway.uptime_s(),
        agents=agents,
    )
