"""Benchmarks: what medcodes promises, measured beside what one would use instead; see README.md."""
