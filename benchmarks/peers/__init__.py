"""The plan of `bodies.py` on public task queues, each in an environment of its own, so nothing of `app/` is used."""
