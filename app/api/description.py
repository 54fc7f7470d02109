"""What OpenAPI says of errors, made to be what is sent: problem+json with our fields. The framework would describe its
own answers to bad input, which nobody ever gets."""

from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from app.api.errors import Problem

_REFERENCE = "#/components/schemas/{model}"
_FRAMEWORKS_OWN = ("HTTPValidationError", "ValidationError")


class DescribedApp(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """The description, made once."""
        described = super().openapi()
        schemas = described["components"]["schemas"]
        if Problem.__name__ not in schemas:
            _, made = models_json_schema([(Problem, "serialization")], ref_template=_REFERENCE)
            schemas.update(made["$defs"])
            for name in _FRAMEWORKS_OWN:
                schemas.pop(name, None)
            for operations in described["paths"].values():
                for operation in operations.values():
                    _leave_out_what_is_never_sent(operation["responses"])
        return described


def _leave_out_what_is_never_sent(responses: dict[str, Any]) -> None:
    """The 422 that the framework adds wherever there is a parameter; ours are told by each route."""
    own = _REFERENCE.format(model=_FRAMEWORKS_OWN[0])
    unsent = [status for status, response in responses.items() if own in str(response)]
    for status in unsent:
        del responses[status]
