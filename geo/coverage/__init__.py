"""Coverage: who is served by which station in how many minutes, and where the gaps are."""

from geo.coverage.request import CoverageRequest
from geo.coverage.result import Coverage
from geo.coverage.run import cover

__all__ = ["Coverage", "CoverageRequest", "cover"]
