from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from hutong.platform import settings
from hutong.platform.settings import Settings, SettingsError, load


def test_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(environment={}) == Settings()


def test_every_default_is_allowed() -> None:
    for item in dataclasses.fields(Settings):
        if item.default is not None:
            assert settings._convert(item, item.default) == item.default


def test_the_order_of_the_sources(tmp_path: Path) -> None:
    """The command line beats the environment, which beats the file, which beats the default."""
    (tmp_path / "hutong.toml").write_text('port = 1\nhost = "file"\nserver_name = "file"\n')
    environment = {"HUTONG_DATA": str(tmp_path), "HUTONG_PORT": "2", "HUTONG_HOST": "environment"}
    found = load(environment=environment, port=3, host=None)
    assert (found.port, found.host, found.server_name, found.link_port) == (3, "environment", "file", 8301)


def test_a_file_of_another_place(tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text("port = 0\n[unused]\n")
    with pytest.raises(SettingsError, match="unused"):
        load(config=file, environment={})
    file.write_text("port = 0\n")
    assert load(config=file, environment={}).port == 0
    with pytest.raises(SettingsError, match=r"missing\.toml"):
        load(config=tmp_path / "missing.toml", environment={})


@pytest.mark.parametrize("content", [b"port = \n", b"\xff\xfe", b"port 1", b"port = 1\nport = 2"])
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "hutong.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"hutong\.toml is not valid TOML"):
        load(environment={}, data=tmp_path)


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    (tmp_path / "hutong.toml").write_text("prot = 8300\n")
    with pytest.raises(SettingsError, match="no setting called prot"):
        load(environment={}, data=tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "eighty"),
        ("port", ""),
        ("port", "-1"),
        ("port", "65536"),
        ("port", 80.5),
        ("port", True),
        ("port", [80]),
        ("link_port", "-2"),
        ("relay_port", 70000),
        ("tls", "on"),
        ("tls", 1),
        ("sign_up", "perhaps"),
        ("log_level", "loud"),
        ("heartbeat_s", 0),
        ("rate_limit_factor", "0"),
        ("upload_size_bytes_max", -1),
        ("recall_within_s", "2 minutes"),
        ("relay_private_peers", "maybe"),
        ("server_name", 7),
        ("tls_key_file", 7),
    ],
)
def test_values_that_do_not_fit(name: str, value: Any) -> None:
    """The sentence names the setting."""
    given: dict[str, Any] = {name: value}
    with pytest.raises(SettingsError, match=name):
        load(environment={}, **given)
    if isinstance(value, str):
        with pytest.raises(SettingsError, match=name):
            load(environment={f"HUTONG_{name.upper()}": value})


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("Yes", True), ("1", True), ("false", False), ("NO", False), ("0", False)],
)
def test_words_for_yes_and_no(text: str, value: bool) -> None:
    assert load(environment={"HUTONG_RELAY_PRIVATE_PEERS": text}).relay_private_peers is value


def test_paths_and_the_database(tmp_path: Path) -> None:
    found = load(environment={"HUTONG_DATA": str(tmp_path), "HUTONG_TLS_KEY_FILE": ""})
    assert found.data == tmp_path
    assert found.tls_key_file is None
    assert found.database == f"sqlite:///{tmp_path}/hutong.db"
    assert load(environment={}, database_url="postgresql://x").database == "postgresql://x"
