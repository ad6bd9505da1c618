"""Generates the Python and TypeScript code of `schema/hutong/*.proto` into the tree.

`make schema` runs it; a test runs it into an empty folder and compares, so that the committed code
never drifts from the schema.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "schema"
PLUGIN = ROOT / "web/node_modules/.bin/protoc-gen-es"
MARKER = '"""Generated from schema/hutong by `make schema`."""\n'


def _protoc(*options: str) -> None:
    sources = sorted(str(path) for path in PROTOS.glob("hutong/*.proto"))
    well_known = str(files("grpc_tools") / "_proto")
    if protoc.main(["protoc", f"-I{PROTOS}", f"-I{well_known}", *options, *sources]) != 0:
        sys.exit("protoc failed")


def generate_python(target: Path) -> None:
    """Write `<name>_pb2.py` and `.pyi` into `target`, as the package `hutong.schema`."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        _protoc(f"--python_out={folder}", f"--pyi_out={folder}")
        for source in sorted((Path(folder) / "hutong").iterdir()):
            # protoc derives imports from the proto path, which knows no `schema` package.
            text = source.read_text()
            text = re.sub(r"^from hutong import", "from hutong.schema import", text, flags=re.MULTILINE)
            text = re.sub(r"^(\w+): _ClassVar\[(.*)\]$", r"\1: \2", text, flags=re.MULTILINE)
            text = text.replace("_Mapping]", "_Mapping[str, object]]")  # as mypy strict wants them
            (target / source.name).write_text(text)
    (target / "__init__.py").write_text(MARKER)


def generate_typescript(target: Path) -> None:
    """Write `<name>_pb.ts` into `target`."""
    with tempfile.TemporaryDirectory() as folder:
        _protoc(
            f"--plugin=protoc-gen-es={PLUGIN}",
            f"--es_out={folder}",
            "--es_opt=target=ts,import_extension=none",
        )
        shutil.copytree(Path(folder) / "hutong", target, dirs_exist_ok=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path, default=ROOT / "hutong/schema")
    parser.add_argument("--typescript", type=Path, default=ROOT / "web/src/schema")
    arguments = parser.parse_args()
    generate_python(arguments.python)
    generate_typescript(arguments.typescript)
