"""What measures. Each benchmark is `python -m bench.NAME --json`; see README.md."""
