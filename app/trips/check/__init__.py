"""Is that plan what the traveller asked for? A second opinion that knows the request and the plan, and nothing else."""

from app.trips.check.certificate import Certificate, Fault, Rule, Verdict
from app.trips.check.checking import check

__all__ = ["Certificate", "Fault", "Rule", "Verdict", "check"]
