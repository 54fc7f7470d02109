"""What Gemini answers, in the form of https://ai.google.dev/api/generate-content; its errors as they are reported in
the issues of its own clients."""

import json
from typing import Any

from tests.services.stand_in import Reply

PATH = "/v1beta/models"


def text(said: Any, finish: str = "STOP", **usage: int) -> dict[str, Any]:
    """One candidate that says so; anything that is no text as JSON."""
    counts = {"promptTokenCount": 812, "candidatesTokenCount": 140, "totalTokenCount": 952, **usage}
    return {
        "candidates": [
            {
                "content": {"parts": [{"text": said if isinstance(said, str) else json.dumps(said)}], "role": "model"},
                "finishReason": finish,
                "index": 0,
            }
        ],
        "usageMetadata": {**counts, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 812}]},
        "modelVersion": "gemini-3.5-flash-lite",
        "responseId": "5Z0qadTEIIyXz7IPh5Gb2Ao",
    }


def error(code: int, status: str, message: str, *details: dict[str, Any]) -> Reply:
    return Reply({"error": {"code": code, "message": message, "status": status, "details": list(details)}}, code)


WRONG_KEY = error(
    400,
    "INVALID_ARGUMENT",
    "API key not valid. Please pass a valid API key.",
    {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    },
)
TOO_MANY = error(
    429,
    "RESOURCE_EXHAUSTED",
    "You exceeded your current quota.",
    {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17s"},
)
DAY_SPENT = error(
    429,
    "RESOURCE_EXHAUSTED",
    "You exceeded your current quota.",
    {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "quotaValue": "250"}],
    },
)
OVERLOADED = error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")
UNKNOWN_MODEL = error(404, "NOT_FOUND", "models/gemini-9 is not found for API version v1beta.")
BLOCKED = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8}}
