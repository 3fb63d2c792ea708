"""Benchmarks: one module each with `run(quick: bool) -> dict`, called by `./hailong bench NAME`."""
