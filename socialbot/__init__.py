"""socialbot puts the posts a website publishes on social networks: fitting, labelled, on time, exactly once."""

import sys

__version__ = "0.1.0"

# httpx brings a command line where it finds Rich, and with it imports that: 5 MB in every worker, for a command of its own.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
