"""The handshake, by docs/protocol/link.md: LINK1, LINK7, LINK9 to LINK14, LINK17, LINK20."""

from __future__ import annotations

import random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding

from hutong.protocols.tls13 import (
    AlertDescription,
    CipherSuite,
    NamedGroup,
    PeerAlertError,
    PinnedKeys,
    ServerConfig,
    TlsError,
    TlsStateError,
    WebPki,
)
from tests.tls13.pair import (
    NAME,
    NOW,
    Pair,
    certificate,
    client_config,
    completed,
    identity,
    records,
    server_config,
)

X25519, HYBRID = NamedGroup.X25519, NamedGroup.X25519MLKEM768


@pytest.mark.parametrize("suite", CipherSuite)
@pytest.mark.parametrize("group", NamedGroup)
@pytest.mark.parametrize("kind", ["ed25519", "p256"])
def test_every_suite_group_and_key(suite: CipherSuite, group: NamedGroup, kind: str) -> None:
    """LINK1: both sides agree on the one suite and group that is left, and data flows."""
    pair = Pair(
        client_config(suites=(suite,), share_groups=(group,), verifier=PinnedKeys({identity(kind).pin})),
        server_config(groups=(group,), chain=(identity(kind).der,), key=identity(kind).key),
    ).run()
    agreed = completed(pair)
    assert (agreed.suite, agreed.group, agreed.resumed, agreed.alpn) == (suite, group, False, "hutong/1")
    assert agreed.peer_chain == (identity(kind).der,)
    pair.say(bytes(100_000), b"x" * 70_000)


def test_the_server_prefers_its_own_order() -> None:
    """LINK1: the first of the server's list that the client knows."""
    pair = Pair(server=server_config(suites=tuple(reversed(CipherSuite)))).run()
    assert completed(pair).suite == CipherSuite.CHACHA20_POLY1305_SHA256


def test_a_share_at_hand_is_worth_more_than_the_favourite_group() -> None:
    """LINK7: no round trip is spent for a group that is merely liked better."""
    pair = Pair(server=server_config(groups=(HYBRID, X25519))).run()
    assert completed(pair).group == X25519


@pytest.mark.parametrize("compatibility", [True, False])
def test_hello_retry_request(compatibility: bool) -> None:
    """LINK7: without a share of a group both know, the server asks once."""
    pair = Pair(client_config(middlebox_compatibility=compatibility), server_config(groups=(HYBRID,)))
    pair.to_server(pair.client.data_to_send())
    asked = pair.server.data_to_send()
    assert len(list(records(asked))) == (2 if compatibility else 1)
    pair.to_client(asked)
    again = list(records(pair.client.data_to_send()))
    assert [each[0] for each in again] == ([20, 22] if compatibility else [22])
    pair.to_server(b"".join(again))
    pair.run()
    assert completed(pair).group == HYBRID
    pair.say()


@pytest.mark.parametrize(
    ("client", "server", "alert"),
    [
        ({"suites": (CipherSuite.AES_128_GCM_SHA256,)}, {"suites": (CipherSuite.AES_256_GCM_SHA384,)}, 40),
        ({"groups": (X25519,)}, {"groups": (HYBRID,)}, 40),
        ({"alpn": ("h2",)}, {}, 120),
        ({"alpn": ()}, {}, 120),
    ],
)
def test_nothing_in_common(client: dict[str, Any], server: dict[str, Any], alert: int) -> None:
    """LINK1, LINK9: the server refuses, and the client is told the reason."""
    pair = Pair(client_config(**client), server_config(**server))
    with pytest.raises(TlsError) as refused:
        pair.run()
    assert refused.value.alert == alert
    with pytest.raises(PeerAlertError) as told:
        pair.to_client(pair.server.data_to_send())
    assert told.value.alert == alert
    assert pair.client.data_to_send() == b""


def test_alpn() -> None:
    """LINK9: the server's first choice among the client's; a client that named some wants one."""
    pair = Pair(client_config(alpn=("a", "b")), server_config(alpn=("c", "b", "a"))).run()
    assert completed(pair).alpn == "b"
    assert completed(Pair(client_config(alpn=()), server_config(alpn=())).run()).alpn is None
    with pytest.raises(TlsError) as refused:
        Pair(client_config(alpn=("a",)), server_config(alpn=())).run()
    assert refused.value.alert == AlertDescription.NO_APPLICATION_PROTOCOL


def test_server_name() -> None:
    """LINK10: DNS names travel, IP addresses do not."""
    assert completed(Pair().run()).server_name == NAME
    pair = Pair(client_config(server_name="192.0.2.7"))
    assert b"192.0.2.7" not in pair.client.data_to_send()
    assert client_config(server_name="2001:db8::1").sent_name is None
    assert client_config(server_name=None).sent_name is None


def test_a_server_that_is_not_pinned() -> None:
    """LINK11: another key is refused, whatever the certificate says."""
    pair = Pair(client_config(verifier=PinnedKeys({identity("p256").pin})))
    with pytest.raises(TlsError) as refused:
        pair.run()
    assert refused.value.alert == AlertDescription.CERTIFICATE_UNKNOWN
    with pytest.raises(PeerAlertError):
        pair.to_server(pair.client.data_to_send())
    assert pair.at_client == []


def chain() -> tuple[tuple[bytes, ...], ec.EllipticCurvePrivateKey, WebPki]:
    root, between, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    certificates = (
        certificate(leaf, between, "between"),
        certificate(between, root, "root", "between", ca=True),
        certificate(root, root, "root", "root", ca=True),
    )
    der = tuple(each.public_bytes(Encoding.DER) for each in certificates)
    return der[:2], leaf, WebPki([certificates[2]])


def test_web_pki() -> None:
    """LINK11: a chain to a root, the right name, the right time."""
    certificates, key, verifier = chain()
    server = ServerConfig(chain=certificates, key=key)

    def run(**changes: Any) -> Pair:
        now = changes.pop("now", NOW)
        return Pair(client_config(verifier=verifier, alpn=(), **changes), server, now=now).run()

    assert completed(run()).peer_chain == certificates
    refusals: list[tuple[dict[str, Any], AlertDescription]] = [
        ({"server_name": "another.example"}, AlertDescription.UNKNOWN_CA),
        ({"server_name": "192.0.2.7"}, AlertDescription.UNKNOWN_CA),
        ({"server_name": None}, AlertDescription.CERTIFICATE_UNKNOWN),
        ({"now": NOW + 365 * 86400}, AlertDescription.CERTIFICATE_EXPIRED),
    ]
    for changes, alert in refusals:
        with pytest.raises(TlsError) as refused:
            run(**changes)
        assert refused.value.alert == alert
    with pytest.raises(TlsError) as refused:
        WebPki([identity("p256").certificate]).verify(certificates, NAME, NOW)
    assert refused.value.alert == AlertDescription.UNKNOWN_CA
    with pytest.raises(TlsError) as refused:
        verifier.verify((b"no certificate",), NAME, NOW)
    assert refused.value.alert == AlertDescription.BAD_CERTIFICATE


def test_a_server_without_the_key() -> None:
    """LINK11, LINK14: a copied certificate is worth nothing without its key."""
    pair = Pair(server=server_config(key=ed25519.Ed25519PrivateKey.generate()))
    with pytest.raises(TlsError) as refused:
        pair.run()
    assert refused.value.alert == AlertDescription.DECRYPT_ERROR
    other_kind = Pair(server=server_config(key=identity("p256").key))
    with pytest.raises(TlsError) as refused:
        other_kind.run()
    assert refused.value.alert == AlertDescription.ILLEGAL_PARAMETER


def test_keys_that_no_server_may_have() -> None:
    """LINK1: the operator is told at the start, not the clients one by one."""
    with pytest.raises(ValueError, match="Ed25519 or ECDSA P-256"):
        server_config(key=ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(ValueError, match="certificate"):
        server_config(chain=())


def test_exporter() -> None:
    """LINK17: the same on both sides, another for another label, context or length; nothing too early."""
    pair = Pair()
    with pytest.raises(TlsStateError):
        pair.client.export("a", b"", 32)
    pair.run()
    seen = set()
    for label, context, length in [("a", b"", 32), ("b", b"", 32), ("a", b"x", 32), ("a", b"", 33)]:
        value = pair.client.export(label, context, length)
        assert value == pair.server.export(label, context, length)
        assert len(value) == length
        seen.add(value[:32])
    assert len(seen) == 4
    with pytest.raises(ValueError, match="bytes can be exported"):
        pair.client.export("a", b"", 0)
    with pytest.raises(TlsStateError):
        pair.client.export("a", b"", 32, early=True)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, 1000])
def test_bytes_may_be_cut_anywhere(size: int) -> None:
    """LINK20: chunks make no difference, in the handshake and after."""
    pair = Pair(server=server_config(groups=(HYBRID,)))
    text = random.Random(size).randbytes(1000)

    def carry() -> None:
        moved = True
        while moved:
            moved = False
            for take, give in (
                (pair.client.data_to_send, pair.to_server),
                (pair.server.data_to_send, pair.to_client),
            ):
                data = take()
                moved |= bool(data)
                for start in range(0, len(data), size):
                    give(data[start : start + size])

    carry()
    pair.client.send(text)
    pair.client.update_keys(request_peer=True)
    pair.client.send(text)
    carry()
    assert b"".join(getattr(each, "data", b"") for each in pair.at_server) == text * 2


def test_the_shell_may_not_send_too_early() -> None:
    """LINK19: what the shell does wrong is its own error, and changes nothing."""
    pair = Pair()
    for connection in (pair.client, pair.server):
        with pytest.raises(TlsStateError):
            connection.send(b"x")
        with pytest.raises(TlsStateError):
            connection.update_keys()
    with pytest.raises(TlsStateError):
        pair.server.issue_ticket(identity=bytes(32), lifetime_s=1, age_add=0, nonce=b"", max_early_data=0)
    with pytest.raises(TlsStateError):
        pair.server.resume(None)
    pair.run().say()
