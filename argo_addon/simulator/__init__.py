"""A stand-in for ARGO, the upstream gateway: strict about requests, realistic in its answers, and free.

It imports nothing else of ours: its tables are its own on purpose, so that a mistake of the product is not shared.
What it takes and refuses, and how a test makes it misbehave: docs/reference/simulator.md.
"""

from argo_addon.simulator.server import Simulator

__all__ = ["Simulator"]
