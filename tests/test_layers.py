"""The import rules that import-linter's layers (in pyproject.toml, run by `make check`) cannot say."""

from __future__ import annotations

import grimp

FEATURES = "hutong.features"


def feature_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[2] if module.startswith(f"{FEATURES}.") else None


def test_features_meet_only_through_api() -> None:
    graph = grimp.build_graph("hutong", include_external_packages=False)
    wrong = []
    for importer in graph.modules:
        feature = feature_of(importer)
        for imported in graph.find_modules_directly_imported_by(importer):
            other = feature_of(imported)
            if feature is None or other is None or other == feature or ".tests." in importer:
                continue
            if not imported.endswith(f".{other}.api"):
                wrong.append(f"{importer} imports {imported}")
    assert not wrong


def test_nothing_below_the_features_knows_one_by_name() -> None:
    graph = grimp.build_graph("hutong", include_external_packages=False)
    wrong = [
        f"{importer} imports {imported}"
        for importer in graph.modules
        if importer.split(".")[1:2] in (["platform"], ["protocols"], ["edge"])
        for imported in graph.find_modules_directly_imported_by(importer)
        if imported.startswith(FEATURES)
    ]
    assert not wrong
