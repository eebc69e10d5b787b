"""Measurements beside real peers, in one run on one machine: ``python -m benchmarks``."""
