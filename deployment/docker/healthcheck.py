"""The gateway image's health check: does GET /health answer on the gateway's own port?

Standard library only, since it runs every few seconds beside the gateway. It probes the process: what is behind it
(Redis, agents) stands in the answer's body and does not make a gateway unhealthy.
"""

import sys
import urllib.error
import urllib.request

URL = "http://127.0.0.1:8000/health"
TIMEOUT_S = 10


def main(url: str = URL) -> None:
    """Exits with 0, or with 1 and the reason on standard error."""
    # Docker may set http_proxy in every container; from there this one is not to be reached.
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with directly.open(url, timeout=TIMEOUT_S):
            return
    except (urllib.error.URLError, OSError) as error:
        sys.exit(f"{url}: {error}")


if __name__ == "__main__":
    main()
