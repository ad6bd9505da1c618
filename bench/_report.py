"""The one form in which every benchmark reports."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path


def machine() -> str:
    """Return the processor, its count and the kernel, in a line."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{os.cpu_count()} x {model}, Linux {platform.release()}, Python {platform.python_version()}"


def report(name: str, metrics: dict[str, float], peers: dict[str, float], ratios: dict[str, float]) -> None:
    """Print the JSON object a benchmark ends with."""

    def rounded(values: dict[str, float]) -> dict[str, float]:
        return {key: float(f"{value:.4g}") for key, value in values.items()}

    result = {
        "name": name,
        "machine": machine(),
        "metrics": rounded(metrics),
        "peers": rounded(peers),
        "ratios": rounded(ratios),
    }
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
