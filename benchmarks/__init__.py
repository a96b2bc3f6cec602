"""Benchmarks: each prints a ratio against something that it measures in the same run; `make bench` runs them."""
