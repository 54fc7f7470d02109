"""Every route, as a table of contents. The canonical paths are under /api/v1; the aliases, which the product's first
papers also name, have the same handlers."""

from collections.abc import Iterable

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from app.api import agents, exports, health, operations, plan, sessions

LOOKED_UP = (
    health.front_door,
    health.health,
    health.status,
    health.metrics,
    sessions.session_state,
    exports.export_session,
)
"""What HEAD may ask for too: it costs no more than a look. A stream would begin a plan, or stay open; single agents
would be asked for nothing; the books are too much to read for that."""


def canonical_routes() -> APIRouter:
    router = APIRouter(prefix="/api/v1")
    plan.add_routes(router, "/plan-trip", "/plan-trip/stream")
    sessions.add_routes(router, "/session/{session_id}", "/session/{session_id}", "/session/{session_id}/stream")
    exports.add_routes(router)
    agents.add_routes(router)
    operations.add_routes(router)
    return router


def alias_routes() -> APIRouter:
    router = APIRouter()
    plan.add_routes(router, "/plan-trip", "/plan-trip/stream", is_alias=True)
    plan.add_routes(router, "/api/trips/plan", None, is_alias=True)
    sessions.add_routes(
        router, "/session/{session_id}", "/session/{session_id}", "/session/{session_id}/stream", is_alias=True
    )
    sessions.add_routes(router, "/api/trips/{session_id}/status", "/api/trips/{session_id}/cancel", None, is_alias=True)
    return router


def health_routes() -> APIRouter:
    router = APIRouter()
    health.add_routes(router)
    return router


def head_routes(routes: Iterable[BaseRoute]) -> APIRouter:
    """HEAD for those of the routes that are only looked up; the server leaves the body out. They belong behind all
    others, which are asked for more often."""
    router = APIRouter()
    for route in routes:
        if isinstance(route, APIRoute) and route.endpoint in LOOKED_UP:
            router.add_api_route(route.path, route.endpoint, methods=["HEAD"], include_in_schema=False)
    return router
