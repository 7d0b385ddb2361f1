"""Measurements, each with its baseline in the same run: `./dev bench NAME`. docs/performance.md tells the last results."""
