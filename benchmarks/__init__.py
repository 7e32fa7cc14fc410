"""Benchmarks: what medcodes promises, measured beside what one would use instead.

``python -m benchmarks`` runs all of them; see README.md.
"""
