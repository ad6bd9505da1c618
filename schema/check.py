"""Fails when the generated code in the tree differs from what the schema gives now."""

from __future__ import annotations

import filecmp
import sys
import tempfile
from pathlib import Path

from generate import ROOT, generate_python, generate_typescript


def _differences(fresh: Path, committed: Path) -> list[str]:
    names = {path.name for path in [*fresh.iterdir(), *committed.iterdir()] if path.is_file()}
    _, different, missing = filecmp.cmpfiles(fresh, committed, sorted(names), shallow=False)
    return [str(committed / name) for name in different + missing]


def main() -> None:
    """Generate into an empty folder and compare."""
    with tempfile.TemporaryDirectory() as folder:
        python, typescript = Path(folder) / "python", Path(folder) / "typescript"
        generate_python(python)
        generate_typescript(typescript)
        stale = _differences(python, ROOT / "hutong/schema")
        stale += _differences(typescript, ROOT / "web/src/schema")
    if stale:
        sys.exit("Run `make schema`; these differ from the schema:\n  " + "\n  ".join(stale))


if __name__ == "__main__":
    main()
