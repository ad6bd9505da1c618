"""Bytes that were good once, and are not any more, for every parser and for both ends.

By hand, for ten minutes: `.venv/bin/python -m tests.tls13.fuzz --minutes 10`. Nothing may come out but
TlsError (TicketFormatError from stored tickets), and no alert that says internal_error.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable

from hutong.protocols.tls13 import (
    AlertDescription,
    NamedGroup,
    Ticket,
    TicketFormatError,
    TlsError,
    WebPki,
    extensions,
    messages,
)
from hutong.protocols.tls13.client_wishes import Wishes
from hutong.protocols.tls13.hello import ClientHello, ServerHello
from hutong.protocols.tls13.records import Sealer
from tests.tls13.pair import (
    NAME,
    NOW,
    Pair,
    Store,
    client_config,
    identity,
    records,
    server_config,
    with_ticket,
)

Target = tuple[Callable[[bytes], object], list[bytes]]


def mutated(source: random.Random, data: bytes) -> bytes:
    """Change some bytes the way a hostile peer would: flips, cuts, repetitions, lengths."""
    out = bytearray(data)
    for _ in range(source.choice((1, 1, 1, 2, 4, 8))):
        at = source.randrange(len(out) + 1)
        match source.randrange(7):
            case 0 if out:
                out[at % len(out)] ^= 1 << source.randrange(8)
            case 1 if out:
                out[at % len(out)] = source.choice((0, 1, 0x7F, 0x80, 0xFF))
            case 2:
                del out[at : at + source.randrange(1, 40)]
            case 3:
                out[at:at] = out[source.randrange(len(out) + 1) :][: source.randrange(1, 60)]
            case 4:
                out[at:at] = source.randbytes(source.randrange(1, 40))
            case 5 if len(out) > 2:
                at %= len(out) - 1
                out[at : at + 2] = (
                    int.from_bytes(out[at : at + 2]) + source.choice((-1, 1, 256)) & 0xFFFF
                ).to_bytes(2)
            case _:
                del out[at:]
    return bytes(out)


def _a_client(data: bytes) -> None:
    pair = Pair(client_config(share_groups=tuple(NamedGroup)))
    pair.client.receive(data, NOW)


def _a_server(data: bytes) -> None:
    pair = Pair(store=Store(dict(TICKET[1].tickets)))
    pair.to_server(data)


def _inside(message: bytes) -> None:
    """Give a live client a handshake message under the right keys."""
    pair = Pair().run()
    sealer = pair.server._sealer
    assert sealer is not None
    pair.client.receive(b"".join(sealer.seal(message + b"\x16")), NOW)


def _flight(data: bytes) -> None:
    """Give a client a server's flight under the right keys."""
    pair = Pair()
    pair.to_server(pair.client.data_to_send())
    hello = next(iter(records(pair.server.data_to_send())))
    pair.client.receive(hello, NOW)
    opener = pair.client._opener
    assert opener is not None
    pair.client.receive(b"".join(Sealer(opener.suite, opener.secret).seal(data[:16_384] + b"\x16")), NOW)


TICKET = with_ticket()


def targets() -> dict[str, Target]:
    """Return what is fuzzed: a function, and good inputs to start from."""
    hellos, answers = [], []
    for client in (
        client_config(),
        client_config(share_groups=tuple(NamedGroup), ticket=TICKET[0], early_data=b"early"),
    ):
        for server in (server_config(), server_config(groups=(NamedGroup.X25519MLKEM768,))):
            pair = Pair(client, server, store=Store(dict(TICKET[1].tickets)))
            hellos.append(pair.client.data_to_send())
            pair.to_server(hellos[-1])
            answers.append(pair.server.data_to_send())
    client_hellos = [next(records(each))[9:] for each in hellos]
    server_hellos = [next(records(each))[9:] for each in answers]
    bodies = [body for each in client_hellos for body in ClientHello.decode(each).extensions.values()]
    certificate = messages.encode_certificate((identity().der,) * 2)
    verify = messages.encode_certificate_verify(0x0807, bytes(64))
    ticket = messages.NewSessionTicket(60, 1, b"n", bytes(32), 16).encode()
    stored = next(iter(TICKET[1].tickets.values())).to_bytes()
    encrypted = messages.encode_encrypted_extensions({16: extensions.encode_alpn(("hutong/1",))})
    web = WebPki([identity().certificate])
    found: dict[str, Target] = {
        "client hello": (lambda data: Wishes.of(ClientHello.decode(data)), client_hellos),
        "server hello": (ServerHello.decode, server_hellos),
        "encrypted extensions": (messages.decode_encrypted_extensions, [encrypted[4:]]),
        "certificate": (messages.decode_certificate, [certificate[4:]]),
        "certificate verify": (messages.decode_certificate_verify, [verify[4:]]),
        "key update": (messages.decode_key_update, [b"\0", b"\1"]),
        "new session ticket": (messages.NewSessionTicket.decode, [ticket[4:]]),
        "stored ticket": (Ticket.from_bytes, [stored]),
        "web pki": (lambda data: web.verify((data,), NAME, NOW), [identity().der]),
        "a server": (_a_server, hellos),
        "a client": (_a_client, answers),
        "a live client": (_inside, [ticket, b"\x18\0\0\1\1"]),
        "a client's handshake": (_flight, [encrypted + certificate + verify]),
    }
    for decode in (
        extensions.decode_server_name,
        extensions.decode_alpn,
        extensions.decode_key_share,
        extensions.decode_key_shares,
        extensions.decode_psk_offer,
        extensions.decode_cookie,
    ):
        found[decode.__name__] = (decode, bodies)
    return found


def run(name: str, target: Target, source: random.Random, seconds: float, rounds: int) -> Counter[str]:
    """Feed a target until time or rounds are over; return how often it gave which answer."""
    take, good = target
    answers: Counter[str] = Counter()
    end = time.monotonic() + seconds
    for _ in range(rounds):
        if time.monotonic() > end:
            break
        data = mutated(source, source.choice(good))
        try:
            take(data)
        except TicketFormatError:
            assert name == "stored ticket"
            answers["not a ticket"] += 1
        except TlsError as error:
            answers[error.alert.name] += 1
        except Exception:
            print(f"{name}: {data.hex()}")
            raise
        else:
            answers["taken"] += 1
    assert AlertDescription.INTERNAL_ERROR.name not in answers
    return answers


def main() -> None:
    """Fuzz all targets in turn for the minutes that are asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=time.time_ns())
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    source = random.Random(arguments.seed)
    end = time.monotonic() + arguments.minutes * 60
    total: dict[str, Counter[str]] = {}
    while time.monotonic() < end:
        for name, target in targets().items():
            total.setdefault(name, Counter()).update(run(name, target, source, 2.0, 10**9))
    for name, answers in total.items():
        print(f"{name}: {sum(answers.values())} {dict(answers)}")


if __name__ == "__main__":
    main()
