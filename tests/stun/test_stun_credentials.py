"""Credentials, nonces, the rate limit and the peer policy, each by itself."""

import pytest

from hutong.protocols.stun import Address, Family, ServerConfig, time_limited_credentials
from hutong.protocols.stun.credentials import parse_username
from hutong.protocols.stun.nonce import NonceIssuer
from hutong.protocols.stun.peer_policy import PeerPolicy
from hutong.protocols.stun.rate_limit import ExcessAllowance

CLIENT = Address("198.51.100.7", 4000)


def test_credentials_are_those_of_coturns_use_auth_secret() -> None:
    """TURN4: checked against `printf 1700003600:ming | openssl dgst -sha1 -hmac north -binary`."""
    credentials = time_limited_credentials(b"north", "ming", 1_700_000_000.9, 3600)
    assert credentials == ("1700003600:ming", "wi0LGJkOWr/b0CjV3DWMvAjzwGY=")


@pytest.mark.parametrize(("user", "lifetime_s"), [("ming", 0), ("ming", -5), ("m" * 500, 60)])
def test_credentials_that_could_not_work_are_not_issued(user: str, lifetime_s: int) -> None:
    with pytest.raises(ValueError, match=r"lifetime|508"):
        time_limited_credentials(b"north", user, 1_700_000_000, lifetime_s)


def test_usernames() -> None:
    """TURN4."""
    assert parse_username(b"1700003600:ming") == (1_700_003_600, b"ming")
    assert parse_username(b"1700003600:ming:phone") == (1_700_003_600, b"ming:phone")
    assert parse_username(b"1700003600") == (1_700_003_600, b"")
    for other in (b"", b"ming", b":ming", b"-1:ming", b"1e9:ming", b"9" * 13, "\uff11:m".encode()):
        assert parse_username(other) is None


def test_nonces_are_bound_to_their_client_and_expire() -> None:
    """TURN2."""
    issuer = NonceIssuer(b"k" * 32, lifetime_s=600)
    nonce = issuer.issue(CLIENT, 1000)
    assert len(nonce) == 16
    assert issuer.is_fresh(nonce, CLIENT, 1600)
    assert not issuer.is_fresh(nonce, CLIENT, 1601)
    assert not issuer.is_fresh(nonce, CLIENT, 999)
    assert not issuer.is_fresh(nonce, Address(CLIENT.host, 4001), 1000)
    assert not NonceIssuer(b"l" * 32, lifetime_s=600).is_fresh(nonce, CLIENT, 1000)
    for broken in (b"", b"=", b"\xff" * 16, nonce[:-4], nonce + b"AAAA"):
        assert not issuer.is_fresh(broken, CLIENT, 1000)


def test_each_source_has_its_own_allowance() -> None:
    """TURN3."""
    allowance = ExcessAllowance(burst_bytes=20, bytes_per_s=10.0, sources_max=10)
    assert [allowance.take("192.0.2.1", 10, 0.0) for _ in range(3)] == [True, True, False]
    assert allowance.take("192.0.2.1", 0, 0.0)
    assert allowance.take("192.0.2.1", -5, 0.0)
    assert allowance.take("192.0.2.2", 10, 0.0)
    assert [allowance.take("192.0.2.1", 10, 1.0) for _ in range(2)] == [True, False]
    assert [allowance.take("192.0.2.1", 10, 99.0) for _ in range(3)] == [True, True, False]


def test_hosts_of_an_ipv6_network_share_an_allowance() -> None:
    """TURN3."""
    allowance = ExcessAllowance(burst_bytes=10, bytes_per_s=10.0, sources_max=10)
    assert allowance.take("2001:db8::1", 10, 0.0)
    assert not allowance.take("2001:db8::2", 10, 0.0)
    assert allowance.take("2001:db8:0:1::1", 10, 0.0)


def test_the_sources_remembered_are_bounded() -> None:
    """TURN3."""
    allowance = ExcessAllowance(burst_bytes=10, bytes_per_s=0.001, sources_max=2)
    assert allowance.take("192.0.2.1", 10, 0.0)
    assert allowance.take("192.0.2.2", 10, 0.0)
    assert not allowance.take("192.0.2.1", 10, 0.0)
    assert allowance.take("192.0.2.3", 10, 0.0)
    assert not allowance.take("192.0.2.1", 10, 0.0)
    assert allowance.take("192.0.2.2", 10, 0.0)


@pytest.mark.parametrize("allow_private_peers", [False, True])
@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("1.1.1.1", "public"),
        ("203.0.113.9", "public"),
        ("2600::1", "public"),
        ("10.0.0.1", "private"),
        ("100.64.0.1", "private"),
        ("127.0.0.1", "private"),
        ("127.255.0.9", "private"),
        ("169.254.169.254", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("198.18.0.1", "private"),
        ("::1", "private"),
        ("fd00::1", "private"),
        ("fe80::1", "private"),
        ("0.0.0.0", "never"),
        ("0.1.2.3", "never"),
        ("224.0.0.1", "never"),
        ("239.255.255.255", "never"),
        ("255.255.255.255", "never"),
        ("::", "never"),
        ("ff02::1", "never"),
        ("::ffff:127.0.0.1", "never"),
        ("::ffff:1.1.1.1", "never"),
        ("::127.0.0.1", "never"),
        ("64:ff9b::7f00:1", "never"),
        ("2002:7f00:1::", "never"),
        ("2001::1", "never"),
    ],
)
def test_the_peer_policy(host: str, kind: str, allow_private_peers: bool) -> None:
    """TURN12."""
    policy = PeerPolicy(allow_private_peers, frozenset())
    expected = kind == "public" or (kind == "private" and allow_private_peers)
    assert policy.permits_host(host) == expected


def test_the_servers_own_listeners_are_known() -> None:
    """TURN13."""
    policy = PeerPolicy(True, frozenset({Address("0.0.0.0", 3478), Address("1.2.3.4", 3478)}))
    assert policy.is_own_listener(Address("1.2.3.4", 3478))
    assert policy.is_own_listener(Address("127.0.0.1", 3478))
    assert policy.is_own_listener(Address("10.1.1.1", 3478))
    assert not policy.is_own_listener(Address("1.2.3.4", 3479))
    assert not policy.is_own_listener(Address("1.2.3.5", 3478))


@pytest.mark.parametrize(
    ("secret", "nonce_key", "realm"),
    [
        (b"", b"k" * 16, "r"),
        (b"s", b"k" * 15, "r"),
        (b"s", b"k" * 16, ""),
        (b"s", b"k" * 16, "r" * 128),
    ],
)
def test_settings_that_would_leave_the_relay_open_are_refused(
    secret: bytes, nonce_key: bytes, realm: str
) -> None:
    with pytest.raises(ValueError, match=r"secret|nonce|realm"):
        ServerConfig(
            secret=secret,
            nonce_key=nonce_key,
            realm=realm,
            relay_families=frozenset({Family.IPV4}),
            own_listeners=frozenset(),
        )


def test_the_secret_is_not_shown() -> None:
    config = ServerConfig(
        secret=b"north",
        nonce_key=b"k" * 16,
        realm="r",
        relay_families=frozenset({Family.IPV4}),
        own_listeners=frozenset(),
    )
    assert "north" not in repr(config)
    assert "kkk" not in repr(config)
