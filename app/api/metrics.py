"""The gateway's metrics, each with its description and unit, read off the orchestrator when they are asked for."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.core.orchestrator import Orchestrator, RedisStanding


class _GatewayCollector(Collector):
    def __init__(self, orchestrator: Orchestrator, redis: RedisStanding) -> None:
        self._orchestrator = orchestrator
        self._redis = redis

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("round_table_redis_up", "1 where Redis answers", value=int(self._redis != "away"))
        takes_writes = int(self._redis == "well")
        yield GaugeMetricFamily("round_table_redis_writable", "1 where Redis also stores", value=takes_writes)
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
        yield from self._facts()

    def _facts(self) -> Iterable[Metric]:
        """Of agents' caches and providers, added up over the living instances."""
        hits = CounterMetricFamily(
            "round_table_agent_cache_hits", "Requests answered with an earlier result", labels=["agent"]
        )
        calls = CounterMetricFamily(
            "round_table_provider_calls", "Calls of providers by what became of them", labels=["provider", "outcome"]
        )
        kept = CounterMetricFamily(
            "round_table_provider_cache_hits", "Facts of providers taken from the cache", labels=["provider", "age"]
        )
        unwell = GaugeMetricFamily(
            "round_table_provider_unwell",
            "Instances for which it does not answer",
            labels=["provider", "state"],
        )
        quotas = GaugeMetricFamily(
            "round_table_provider_quota", "Calls that it allows in a period of UTC", labels=["provider", "period"]
        )
        used = GaugeMetricFamily(
            "round_table_provider_quota_used",
            "Calls in the period that runs, of all replicas",
            labels=["provider", "period"],
        )
        for agent in self._orchestrator.fleet.agents:
            own = self._orchestrator.fleet.instances(agent)
            hits.add_metric([agent], sum(beat.cache_hits for beat in own))
        for name, found in self._orchestrator.fleet.providers().items():
            failures = sum(one.failures for one in found)
            calls.add_metric([name, "failed"], failures)
            calls.add_metric([name, "answered"], max(0, sum(one.calls for one in found) - failures))
            kept.add_metric([name, "fresh"], sum(one.cache_hits for one in found))
            kept.add_metric([name, "outdated"], sum(one.stale_hits for one in found))
            for state in sorted({one.state for one in found} - {"ok", "untried"}):
                unwell.add_metric([name, state], sum(one.state == state for one in found))
            for period in sorted({one.quota_period for one in found if one.quota_period}):
                limited = [one for one in found if one.quota_period == period]
                quotas.add_metric([name, period], max(one.quota or 0 for one in limited))
                used.add_metric([name, period], max(one.quota_used or 0 for one in limited))
        yield from (hits, calls, kept, unwell, quotas, used)


def exposition(orchestrator: Orchestrator, redis: RedisStanding) -> bytes:
    """The metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_GatewayCollector(orchestrator, redis))
    return generate_latest(registry)
