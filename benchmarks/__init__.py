"""What the README's figures come from: one command each.

Figures are of our own work: no provider is asked, and no agent's result is kept from an earlier plan, unless a
benchmark says otherwise.
"""

import os

os.environ.setdefault("PROVIDERS", "offline")
os.environ.setdefault("AGENT_CACHE_TTL", "0")
