"""Heartbeats as workers send them."""

from datetime import UTC, datetime, timedelta

from app.messaging.heartbeat import Heartbeat


def heartbeat(instance: str, agent: str = "weather", seconds_ago: float = 0.0, fault: str | None = None) -> Heartbeat:
    """Of an idle instance that beats every five seconds."""
    return Heartbeat(
        instance=instance,
        agent=agent,
        status="available",
        capabilities=[],
        current_load=0,
        max_capacity=8,
        finished=0,
        failed=0,
        response_time_avg_ms=None,
        last_finished_at=None,
        fault=fault,
        version="0",
        interval_s=5,
        sent_at=datetime.now(UTC) - timedelta(seconds=seconds_ago),
    )
