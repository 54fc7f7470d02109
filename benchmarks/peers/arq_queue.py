"""The plan on arq, a queue and a worker process for each agent.

    REDIS_URL=… BENCH_WAIT_MS=0 python -m benchmarks.peers.arq_queue worker weather
    REDIS_URL=… python -m benchmarks.peers.arq_queue client PORT

Set as by somebody who wants speed: uvloop, frequent polling on both sides, many jobs at a time, no log line for each
job, and arq's own serializer, pickle, which is the fastest that it takes without another package.
"""

import asyncio
import logging
import os
import sys
from typing import Any

from arq import create_pool, func
from arq.connections import ArqRedis, RedisSettings
from arq.worker import Worker

from benchmarks.bodies import AGENTS, ANSWERS, FAN_OUT, LAST, REQUESTS
from benchmarks.driven import run, serve

POLL_S = 0.005
"""How often a worker looks for jobs and the client for results. 2 to 30 ms made no difference beyond the noise at 64
plans in flight; one plan alone waits for it four times."""

MAX_JOBS = 100
KEPT_S = 60


async def worker(agent: str, wait_s: float) -> None:
    report = {"rows": ANSWERS[agent]}

    async def answer(_context: dict[str, Any], _question: Any) -> dict[str, Any]:
        if wait_s:
            await asyncio.sleep(wait_s)
        return report

    await Worker(
        [func(answer, name=agent)],
        redis_settings=RedisSettings.from_dsn(os.environ["REDIS_URL"]),
        queue_name=agent,
        max_jobs=MAX_JOBS,
        poll_delay=POLL_S,
        keep_result=KEPT_S,
        log_results=False,
        handle_signals=False,
    ).async_run()


async def client(port: int) -> None:
    settings = RedisSettings.from_dsn(os.environ["REDIS_URL"])
    redis = await create_pool(settings)
    await serve(lambda: plan(redis), port)
    await redis.aclose()


async def plan(redis: ArqRedis) -> None:
    reports = await asyncio.gather(*(ask(redis, agent, REQUESTS[agent]) for agent in FAN_OUT))
    answers = dict(zip(FAN_OUT, reports, strict=True))
    answers[LAST] = await ask(redis, LAST, answers)
    assert all(len(answers[agent]["rows"]) == len(ANSWERS[agent]) for agent in AGENTS)


async def ask(redis: ArqRedis, agent: str, question: Any) -> dict[str, Any]:
    job = await redis.enqueue_job(agent, question, _queue_name=agent)
    assert job is not None
    report: dict[str, Any] = await job.result(poll_delay=POLL_S)
    return report


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    if sys.argv[1] == "client":
        run(client(int(sys.argv[2])))
    else:
        run(worker(sys.argv[2], float(os.environ["BENCH_WAIT_MS"]) / 1000))
