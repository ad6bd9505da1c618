"""Every setting, in one table: name, default, meaning. `docs/settings.md` is generated from it.

A value comes from, in this order: the environment (`HUTONG_PORT`), the file (`hutong.toml` in the data
folder, or `--config`), the default.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class SettingsError(Exception):
    """A setting is unknown or has a value that does not fit; the text says which and why."""


def _setting(
    default: Any, meaning: str, *, choices: tuple[str, ...] = (), minimum: int = 0, maximum: int = 2**63 - 1
) -> Any:
    """Describe a setting. `choices` bound a text, `minimum` and `maximum` a number."""
    metadata = {"meaning": meaning, "choices": choices, "minimum": minimum, "maximum": maximum}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may decide."""

    server_name: str = _setting("Hutong", "The name people see.")
    data: Path = _setting(Path("data"), "Folder for the database, files, keys.")
    host: str = _setting("127.0.0.1", "Address the public port listens on; 0.0.0.0 for every network.")
    port: int = _setting(
        8300, "The public port: web client, API, WebSocket. 0 takes a free one.", maximum=65535
    )
    public_url: str = _setting("", "How people reach the public port, when it is not http(s)://host:port.")
    tls: str = _setting(
        "off",
        "On the public port: off (a proxy does it, or loopback only), self-signed, or files.",
        choices=("off", "self-signed", "files"),
    )
    tls_certificate_file: Path | None = _setting(None, "PEM chain, with tls = files.")
    tls_key_file: Path | None = _setting(None, "PEM key, with tls = files.")
    link_port: int = _setting(
        8301,
        "Port for clients over TLS on TCP. 0 takes a free one, -1 turns it off.",
        minimum=-1,
        maximum=65535,
    )
    link_dscp: int = _setting(
        18,
        "Mark on what links send, for networks that give classes: 18 is AF21; 0 marks nothing.",
        maximum=63,
    )
    region: str = _setting("", "Names where this server stands: a session ticket is good in its region only.")
    tickets_url: str = _setting(
        "",
        "SQLAlchemy URL of the session tickets, one for all edges there; empty: SQLite in the data folder.",
    )
    core_address: str = _setting(
        "127.0.0.1:8303",
        "With edge and core apart: where the core takes edges, host:port or unix:/path.",
    )
    core_secret_file: Path | None = _setting(
        None,
        "With edge and core apart: what both prove to each other; empty: edge.secret in the data folder. "
        "The core makes it.",
    )
    relay_port: int = _setting(
        8302,
        "Port of the built-in STUN and TURN server, UDP and TCP. 0 takes a free one, -1 turns it off.",
        minimum=-1,
        maximum=65535,
    )
    relay_address: str = _setting(
        "",
        "Address other devices reach the relay at; empty: the one the public URL names, if it is an address.",
    )
    relay_private_peers: bool = _setting(
        False,
        "Let the relay reach private and loopback addresses: for a server on the local network only.",
    )
    relay_ipv6_address: str = _setting(
        "", "IPv6 address of the relay, beside an IPv4 one; empty: it relays one family only."
    )
    relay_tls_port: int = _setting(
        -1,
        "Port of the relay over TLS, for networks that let nothing else out (443, 5349), with the public "
        "port's certificate. 0 takes a free one, -1 turns it off.",
        minimum=-1,
        maximum=65535,
    )
    relay_ports: str = _setting(
        "", "UDP ports the relay opens for its clients, as 49152-65535; empty: the system chooses."
    )
    relay_discovery: str = _setting(
        "",
        "A second address of this machine with a port, as 198.51.100.4:8303: with it clients learn how their "
        "NAT behaves (RFC 5780).",
    )
    relay_allocations_max: int = _setting(
        2048, "How many relayed addresses there may be at once; beyond them 508.", minimum=1
    )
    relay_user_allocations_max: int = _setting(
        32, "How many relayed addresses one user may have; beyond them 486.", minimum=1
    )
    relay_bytes_per_s_max: int = _setting(
        250_000_000,
        "Bytes a second the relay carries, both ways together; more is dropped, and new clients get 508.",
        minimum=100_000,
    )
    relay_user_bytes_per_s_max: int = _setting(
        100_000_000,
        "Bytes a second the relay carries for one user; more is dropped, and further allocations get 486.",
        minimum=100_000,
    )
    relay_coturn: str = _setting(
        "",
        "A coturn that relays instead, when the built-in server is too small: its secret (use-auth-secret) "
        "and address, as coturn://SECRET@turn.example.org:3478?tls=5349.",
    )
    database_url: str = _setting("", "SQLAlchemy URL; empty: SQLite in the data folder.")
    blobs_url: str = _setting(
        "", "obstore URL for files (s3://bucket/prefix); empty: a folder in the data folder."
    )
    sign_up: str = _setting(
        "open",
        "Who may create an account: open, or closed (only with the first-admin link).",
        choices=("open", "closed"),
    )
    upload_size_bytes_max: int = _setting(4 * 1024**3, "The largest file the server stores.")
    quick_send: bool = _setting(
        True, "Let people hand files over by a code, with or without an account; none of it is kept here."
    )
    recall_within_s: int = _setting(120, "How long a message can be recalled.")
    edit_within_s: int = _setting(24 * 3600, "How long the words of a message can be changed.")
    link_previews: bool = _setting(True, "Fetch what stands behind links, so that messages can show it.")
    link_preview_hosts: str = _setting(
        "",
        "Names or addresses of hosts that previews may be fetched from although they are not public, with "
        "commas between them: for an intranet.",
    )
    push_contact: str = _setting(
        "",
        "Whom push services may tell of problems, as mailto:admin@example.org; empty: the public URL, if it "
        "is https.",
    )
    push_hosts: str = _setting(
        "",
        "Names or addresses of push services that are not public, with commas between them: for an intranet. "
        "These may do without TLS.",
    )
    service_key_days: int = _setting(
        7,
        "How often the key that new connections are sealed to changes. Needs root.key in the data folder.",
        minimum=1,
        maximum=90,
    )
    heartbeat_s: int = _setting(
        600,
        "Clients send something at least this often, most of them every 210 s. A minute later they are gone.",
        minimum=1,
        maximum=3600,
    )
    rate_limit_factor: int = _setting(
        1, "Multiplies every rate limit; above 1 only for load tests.", minimum=1
    )
    log_level: str = _setting(
        "info", "debug, info, warning or error.", choices=("debug", "info", "warning", "error")
    )
    metrics_token: str = _setting("", "Bearer token for /metrics; empty: answered on loopback only.")

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.data / 'hutong.db'}"


def load(
    *,
    config: Path | None = None,
    environment: dict[str, str] | None = None,
    **overrides: Any,
) -> Settings:
    """Return the settings from overrides (the command line), environment, file and defaults.

    Raises `SettingsError` for an unknown name or a value of the wrong type.
    """
    environment = dict(os.environ) if environment is None else environment
    fields = {item.name: item for item in dataclasses.fields(Settings)}
    given = {name: value for name, value in overrides.items() if value is not None}
    from_environment = {
        name: environment[f"HUTONG_{name.upper()}"]
        for name in fields
        if f"HUTONG_{name.upper()}" in environment
    }
    folder = Path(given.get("data") or from_environment.get("data") or "data")
    values = {**_read_file(config, folder), **from_environment, **given}
    for name in values:
        if name not in fields:
            raise SettingsError(f"There is no setting called {name}.")
    return Settings(**{name: _convert(fields[name], value) for name, value in values.items()})


def _read_file(config: Path | None, folder: Path) -> dict[str, Any]:
    path = config or folder / "hutong.toml"
    if not path.exists():
        if config is not None:
            raise SettingsError(f"There is no file {config}.")
        return {}
    try:
        return tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from error


def _convert(item: dataclasses.Field[Any], value: Any) -> Any:
    """Turn text from the environment or a file into the field's type. Raises `SettingsError`."""
    try:
        match str(item.type):
            case "bool":
                return value if isinstance(value, bool) else _BOOLEANS[str(value).lower()]
            case "int":
                return _number(item, value)
            case "Path":
                return Path(value)
            case "Path | None":
                return Path(value) if value else None
            case _:
                return _text(item, value)
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{item.name} cannot be {value!r}.") from error


def _number(item: dataclasses.Field[Any], value: Any) -> int:
    if isinstance(value, bool | float):
        raise TypeError
    number = int(value)
    minimum, maximum = item.metadata["minimum"], item.metadata["maximum"]
    if not minimum <= number <= maximum:
        raise SettingsError(
            f"{item.name} cannot be {number}: it is at least {minimum} and at most {maximum}."
        )
    return number


def _text(item: dataclasses.Field[Any], value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    choices = item.metadata["choices"]
    if choices and value not in choices:
        raise SettingsError(f"{item.name} cannot be {value!r}: it is one of {', '.join(choices)}.")
    return value


_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def table() -> str:
    """Return the settings as a Markdown table, for `docs/settings.md`."""
    rows = ["| Setting | Environment | Default | Meaning |", "|---|---|---|---|"]
    for item in dataclasses.fields(Settings):
        default = item.default
        shown = (
            ""
            if default in {"", None}
            else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        )
        rows.append(
            f"| `{item.name}` | `HUTONG_{item.name.upper()}` | {shown} | {item.metadata['meaning']} |"
        )
    return "\n".join(rows) + "\n"
