"""The plan on taskiq with Redis streams, a queue and a worker process for each agent.

REDIS_URL=… BENCH_WAIT_MS=0 python -m benchmarks.peers.taskiq_queue worker weather
REDIS_URL=… python -m benchmarks.peers.taskiq_queue client PORT

Set as by somebody who wants speed: uvloop, orjson, frequent polling for results, a hundred tasks at a time, parameters
not validated, no log line for each task, as many connections as are asked for (20, 50 and 100 were slower), and the
receiver in the process itself instead of below the supervisor that the `taskiq` command starts.
"""

import asyncio
import logging
import os
import sys
from typing import Any

from taskiq import AsyncTaskiqDecoratedTask
from taskiq.api import run_receiver_task
from taskiq.serializers import ORJSONSerializer
from taskiq_redis import RedisAsyncResultBackend, RedisStreamBroker

from benchmarks.bodies import AGENTS, ANSWERS, FAN_OUT, LAST, REQUESTS
from benchmarks.driven import run, serve

POLL_S = 0.005
"""How often the client looks for a result. 2 to 50 ms made no difference beyond the noise at 64 plans in flight."""

MAX_TASKS = 100
KEPT_S = 60


def broker_of(queue: str) -> RedisStreamBroker:
    url = os.environ["REDIS_URL"]
    results = RedisAsyncResultBackend(url, result_ex_time=KEPT_S, serializer=ORJSONSerializer())
    # From the first entry on: what was sent before the worker was there would otherwise be lost.
    broker = RedisStreamBroker(url, queue_name=queue, consumer_id="0")
    return broker.with_result_backend(results).with_serializer(ORJSONSerializer())


async def worker(agent: str, wait_s: float) -> None:
    report = {"rows": ANSWERS[agent]}
    broker = broker_of(agent)

    @broker.task(task_name=agent)
    async def answer(_question: Any) -> dict[str, Any]:
        if wait_s:
            await asyncio.sleep(wait_s)
        return report

    await run_receiver_task(broker, run_startup=True, validate_params=False, max_async_tasks=MAX_TASKS)


async def client(port: int) -> None:
    broker = broker_of("client")
    tasks = {agent: broker.register_task(_elsewhere, task_name=agent, queue_name=agent) for agent in AGENTS}
    await broker.startup()
    await serve(lambda: plan(tasks), port)
    await broker.shutdown()


async def _elsewhere(question: Any) -> dict[str, Any]:
    """Stands for the tasks that the workers have; the client only sends them."""
    raise NotImplementedError


async def plan(tasks: dict[str, AsyncTaskiqDecoratedTask]) -> None:
    reports = await asyncio.gather(*(ask(tasks[agent], REQUESTS[agent]) for agent in FAN_OUT))
    answers = dict(zip(FAN_OUT, reports, strict=True))
    answers[LAST] = await ask(tasks[LAST], answers)
    assert all(len(answers[agent]["rows"]) == len(ANSWERS[agent]) for agent in AGENTS)


async def ask(task: AsyncTaskiqDecoratedTask, question: Any) -> dict[str, Any]:
    sent = await task.kiq(question)
    result = await sent.wait_result(check_interval=POLL_S)
    assert not result.is_err, result.error
    return result.return_value


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    if sys.argv[1] == "client":
        run(client(int(sys.argv[2])))
    else:
        run(worker(sys.argv[2], float(os.environ["BENCH_WAIT_MS"]) / 1000))
