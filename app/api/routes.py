"""Every route, as a table of contents. The canonical paths are under /api/v1; the aliases, which the product's first
papers also name, have the same handlers."""

from fastapi import APIRouter

from app.api import agents, exports, health, operations, plan, sessions


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
