"""Bare FastAPI: validates what the gateway validates and answers bytes that are there already.

BENCH_ANSWER=FILE python -m uvicorn benchmarks.bare:app
"""

import os
from pathlib import Path

from fastapi import FastAPI, Response

from app.trips.request import TripRequest

ANSWER = "BENCH_ANSWER"
"""Environment variable: the file with the answer's body."""

app = FastAPI()
answer = Path(os.environ[ANSWER]).read_bytes()


@app.post("/api/v1/plan-trip")
async def plan_trip(trip: TripRequest) -> Response:
    return Response(answer, media_type="application/json")
