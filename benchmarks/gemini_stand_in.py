"""A model on loopback that answers as Gemini does: it retells the plan that it is shown. Its words cost what Gemini's
would by its list prices; its tokens are counted as four characters each.

    uvicorn benchmarks.gemini_stand_in:app
"""

import asyncio
import json
import os
from typing import Any

from fastapi import FastAPI

THINKS_S = float(os.environ.get("THINKS_S", "0.5"))

app = FastAPI()


@app.post("/v1beta/models/{call:path}")
async def generate(call: str, body: dict[str, Any]) -> dict[str, Any]:
    await asyncio.sleep(THINKS_S)
    data = body["contents"][0]["parts"][0]["text"]
    plan = json.loads(data)
    story = {
        "overview": " ".join(plan["trip"][:2]),
        "days": [f"On this day: {day['title']}." for day in plan["days"]],
    }
    text = json.dumps(story, ensure_ascii=False)
    tokens = {"promptTokenCount": len(json.dumps(body)) // 4, "candidatesTokenCount": len(text) // 4}
    return {
        "candidates": [
            {"content": {"parts": [{"text": text}], "role": "model"}, "finishReason": "STOP", "index": 0},
        ],
        "usageMetadata": {**tokens, "totalTokenCount": sum(tokens.values())},
        "modelVersion": call.partition(":")[0],
    }
