"""The gateway's metrics, each with its description and unit, read off the orchestrator when they are asked for."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.core.orchestrator import Orchestrator


class _GatewayCollector(Collector):
    def __init__(self, orchestrator: Orchestrator, is_redis_reachable: bool) -> None:
        self._orchestrator = orchestrator
        self._is_redis_reachable = is_redis_reachable

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("round_table_redis_up", "1 where Redis answers", value=int(self._is_redis_reachable))
        running = len(self._orchestrator.running)
        yield GaugeMetricFamily("round_table_sessions_running", "Sessions this gateway drives", value=running)
        ended = CounterMetricFamily(
            "round_table_sessions_ended", "Sessions this gateway drove to their end", labels=["status"]
        )
        for status, count in sorted(self._orchestrator.ended.items()):
            ended.add_metric([status], count)
        yield ended
        yield from self._attempts()
        yield from self._agents()

    def _attempts(self) -> Iterable[Metric]:
        attempts = CounterMetricFamily(
            "round_table_agent_attempts",
            "Requests by what became of them; attempt 1 is the first",
            labels=["agent", "outcome", "attempt"],
        )
        for (agent, outcome, attempt), count in sorted(self._orchestrator.attempts.counted.items()):
            attempts.add_metric([agent, outcome, str(attempt)], count)
        given_up = CounterMetricFamily(
            "round_table_agent_final_failures", "Steps and single requests that failed for good", labels=["agent"]
        )
        for agent, count in sorted(self._orchestrator.attempts.given_up.items()):
            given_up.add_metric([agent], count)
        breakers = GaugeMetricFamily("round_table_breaker_open", "1 where the agent is skipped", labels=["agent"])
        for agent, view in self._orchestrator.breakers.views().items():
            breakers.add_metric([agent], int(view.state == "open"))
        yield from (attempts, given_up, breakers)

    def _agents(self) -> Iterable[Metric]:
        instances = GaugeMetricFamily("round_table_agent_instances", "Living worker instances", labels=["agent"])
        load = GaugeMetricFamily("round_table_agent_active_requests", "Requests being worked", labels=["agent"])
        worked = CounterMetricFamily(
            "round_table_agent_requests", "Requests worked by the living instances", labels=["agent", "status"]
        )
        for agent in self._orchestrator.fleet.agents:
            beats = self._orchestrator.fleet.instances(agent)
            instances.add_metric([agent], len(beats))
            load.add_metric([agent], sum(beat.current_load for beat in beats))
            worked.add_metric([agent, "completed"], sum(beat.finished for beat in beats))
            worked.add_metric([agent, "failed"], sum(beat.failed for beat in beats))
        yield from (instances, load, worked)


def exposition(orchestrator: Orchestrator, is_redis_reachable: bool) -> bytes:
    """The metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_GatewayCollector(orchestrator, is_redis_reachable))
    return generate_latest(registry)
