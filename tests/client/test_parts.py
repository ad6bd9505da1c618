"""The small parts: addresses, keys, the home folder, names, candidates, the mailbox."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hutong.client import AddressError, HomeError, parse_address
from hutong.client.address import root_text
from hutong.client.home import CursorKeeper, Home, Session
from hutong.client.keys import KeySource
from hutong.client.peers.candidates import address_of, is_relay, split_relays
from hutong.client.peers.mailbox import Mailbox
from hutong.client.transfers.names import claim_name, safe_name
from hutong.client.transfers.part import PartFile
from hutong.platform.clock import ManualClock, SeededRandomness
from hutong.schema import peers_pb2

PIN = "ab" * 32
ROOT = "Zm9v" * 10 + "Zm8"


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port", "pin", "root"),
    [
        ("https://chat.example.org", "https", "chat.example.org", 443, "", ""),
        ("http://localhost:8300/", "http", "localhost", 8300, "", ""),
        (f"http://10.0.0.2:8300#root={ROOT}", "http", "10.0.0.2", 8300, "", ROOT),
        ("hutong://10.0.0.2", "hutong", "10.0.0.2", 8301, "", ""),
        (f"hutong://10.0.0.2#root={ROOT}", "hutong", "10.0.0.2", 8301, "", ROOT),
        (f"https://[fd00::1]:8443#sha256={PIN.upper()}", "https", "fd00::1", 8443, PIN, ""),
        (f"https://a.example#sha256={PIN}&root={ROOT}", "https", "a.example", 443, PIN, ROOT),
        ("localhost:8300", "http", "localhost", 8300, "", ""),
        ("chat.example.org", "https", "chat.example.org", 443, "", ""),
    ],
)
def test_addresses(text: str, scheme: str, host: str, port: int, pin: str, root: str) -> None:
    address = parse_address(text)
    assert (address.scheme, address.host, address.port) == (scheme, host, port)
    assert address.fingerprint.hex() == pin
    assert len(address.root) in {0, 32}
    assert root_text(address.root) == root
    assert address.vouched is (bool(root) or scheme == "https")
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ftp://host",
        "https://",
        "https://host:99999",
        "https://host:0",
        "https://host/path",
        "https://user@host",
        "https://host#sha256=abc",
        "hutong://host#md5=00",
        f"http://host#sha256={PIN}",
        f"hutong://host#sha256={PIN}",
        f"hutong://host#root={ROOT}=",
        f"hutong://host#root={ROOT[:-1]}",
        f"hutong://host#root={ROOT}&root={ROOT}",
        f"https://host#root={ROOT}&",
    ],
)
def test_wrong_addresses_are_explained(text: str) -> None:
    with pytest.raises(AddressError):
        parse_address(text)


def test_keys_are_uuids_of_version_7_in_the_order_of_time() -> None:
    clock = ManualClock()
    keys = KeySource(clock, SeededRandomness(3))
    made = []
    for _ in range(600):
        made.append(keys.new_key())
        clock.advance(0.001)
    assert made == sorted(made)
    assert len(set(made)) == 600
    for key in made:
        assert len(key) == 16
        assert key[6] >> 4 == 7
        assert key[8] >> 6 == 2


def test_a_home_keeps_what_it_is_given(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert home.session() is None
    session = Session("u1", "lin", "Lin", "d1", b"k" * 32)
    home.keep_session(session)
    home.keep_cursors({"chat:1": 4})
    assert (home.session(), home.cursors()) == (session, {"chat:1": 4})
    for path in (tmp_path / "home").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list((tmp_path / "home").glob(".*"))
    home.forget()
    assert (home.session(), home.cursors()) == (None, {})


@pytest.mark.parametrize("text", ["{", "[]", '{"user": 1}', '{"key": "zz"}'])
def test_a_damaged_home_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "session.json").write_text(text)
    with pytest.raises(HomeError, match="session"):
        Home(tmp_path).session()


def test_cursors_are_written_soon_not_each_time(tmp_path: Path) -> None:
    clock = ManualClock()
    keeper = CursorKeeper(Home(tmp_path), clock)
    path = tmp_path / "cursors.json"
    keeper.cursors["chat:1"] = 1
    keeper.changed()
    clock.advance(0.4)
    assert not path.exists()
    keeper.cursors["chat:1"] = 2
    keeper.changed()
    clock.advance(0.2)
    assert json.loads(path.read_text()) == {"chat:1": 2}


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\evil.exe", "evil.exe"),
        ("/", "file"),
        ("..", "file"),
        ("", "file"),
        (".bashrc", "bashrc"),
        ("a\x00b\nc.txt", "a_b_c.txt"),
        ("cute\u202egnp.exe", "cute_gnp.exe"),
        ("CON.txt", "_CON.txt"),
        ("相册 2025.zip", "相册 2025.zip"),
        ("a:b?.txt", "a_b_.txt"),
    ],
)
def test_safe_names(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=400))
def test_any_name_becomes_one_that_stays_in_its_folder(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert safe not in {".", ".."}
    assert not set(safe) & set("/\\\0")
    assert not safe.startswith(".")
    assert len(safe.encode()) <= 230


def test_names_are_claimed_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_text("mine")
    assert claim_name(tmp_path, "a.tar").name == "a (1).tar"
    assert claim_name(tmp_path, "a.tar").name == "a (2).tar"
    assert (tmp_path / "a.tar").read_text() == "mine"


def test_a_transfer_id_that_is_a_path_is_refused(tmp_path: Path) -> None:
    for wrong in ("../x", "", "a/b", "a" * 65):
        with pytest.raises(ValueError, match="id"):
            PartFile(tmp_path, wrong)


async def test_a_part_file_follows_no_link(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("precious")
    (tmp_path / ".hutong-t1.part").symlink_to(target)
    with pytest.raises(OSError, match="symbolic"):
        await PartFile(tmp_path, "t1").open(100)
    assert target.read_text() == "precious"


HOST = "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host"
RELAY = "candidate:2 1 udp 16777215 203.0.113.9 6000 typ relay raddr 192.0.2.1 rport 5000"


def test_relay_candidates_are_taken_out() -> None:
    head = f"v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\na={HOST}\r\n"
    split = split_relays(f"{head}a={RELAY}\r\na=end-of-candidates\r\n")
    assert split.sdp == head
    assert split.relays == (peers_pb2.Candidate(candidate=RELAY, sdp_mid="0", sdp_m_line_index=0),)
    assert is_relay(RELAY)
    assert not is_relay(HOST)
    assert address_of(RELAY) == ("203.0.113.9", 6000)
    assert address_of("candidate:1 nonsense") is None


@given(st.text(max_size=300))
def test_any_text_can_be_split(text: str) -> None:
    split_relays(text)
    is_relay(text)
    address_of(text)


def _signal(name: str) -> peers_pb2.Signal:
    return peers_pb2.Signal(connection=name)


def _said(number: int) -> peers_pb2.Said:
    return peers_pb2.Said(number=number, signal=_signal(str(number)))


def test_the_mailbox_hands_out_in_order_and_each_once() -> None:
    mailbox = Mailbox()
    assert mailbox.receive(1, _signal("1")) == [_signal("1")]
    assert mailbox.receive(1, _signal("1")) == []
    assert mailbox.receive(3, _signal("3")) == []
    assert bool(mailbox.gap)
    ready = mailbox.fetched([_said(3), _said(2)])
    assert ready == [_signal("2"), _signal("3")]
    assert not mailbox.gap
    assert mailbox.last == 3


def test_what_the_server_dropped_is_not_waited_for() -> None:
    mailbox = Mailbox()
    mailbox.receive(9, _signal("9"))
    assert mailbox.fetched([_said(5), _said(9)]) == [_signal("5"), _signal("9")]
    assert mailbox.receive(10, _signal("10")) == [_signal("10")]


def test_the_mailbox_is_bounded() -> None:
    mailbox = Mailbox()
    for number in range(2, 1000):
        mailbox.receive(number, _signal("x"))
    assert len(mailbox._waiting) <= 256
