"""What client and server have in common: application data, keys, the end.

Source: RFC 8446 sections 4.6.3 (KeyUpdate), 5.5 (how long a key lives), 6 (alerts) and 7.5 (exporter).
"""

import math

from hutong.protocols.tls13 import key_schedule, limits, messages
from hutong.protocols.tls13.codepoints import TLS10_VERSION, TLS12_VERSION, AlertDescription, ContentType
from hutong.protocols.tls13.config import KeyLife
from hutong.protocols.tls13.errors import PeerAlertError, TlsError, TlsStateError
from hutong.protocols.tls13.events import Event, KeysUpdated
from hutong.protocols.tls13.reading import APPLICATION_DATA_BYTE, CONNECTED, PLAINTEXT_BYTES_MAX, Reading
from hutong.protocols.tls13.records import Sealer
from hutong.protocols.tls13.suites import Suite
from hutong.protocols.tls13.transitions import State

_WARNING, _FATAL = 1, 2


class Connection(Reading):
    """One side of one connection, without a socket: bytes and `now` in; events and bytes to send out.

    Feed what arrives to `receive`, then take `events()` and `data_to_send()`, also after an error: what came
    before it is genuine, and the peer is to get its alert. `now` is in seconds since 1970 and need not grow.
    """

    def __init__(self, state: State, key_life: KeyLife, now: float) -> None:
        super().__init__(state)
        self._now = now
        self._key_records_max = key_life.records_max
        self._key_age_s_max = key_life.age_s_max
        self._rotate_at = math.inf
        self._sealer: Sealer | None = None
        self._out: list[bytes] = []
        self._error: TlsError | None = None
        self._closed = self._sendable = False
        self._update_wanted = self._update_asked = False
        self._key_updates = 0
        self._exporter_secrets: dict[bool, tuple[Suite, bytes]] = {}

    @property
    def is_connected(self) -> bool:
        """Tell whether the handshake is over and the connection has not failed."""
        return self._state is CONNECTED and self._error is None

    @property
    def deadline(self) -> float | None:
        """When `advance` is to be called, in seconds since 1970."""
        return None if self._rotate_at == math.inf else self._rotate_at

    def advance(self, now: float) -> None:
        """Do what is due by the clock: replace sending keys that are too old."""
        self._now = now
        if now >= self._rotate_at:
            self._rotate(request_peer=False)

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes from the peer, cut anywhere. Raises TlsError when they end the connection."""
        if self._error is not None:
            raise self._error
        if self._peer_closed:
            return
        self._now = now
        try:
            self._read(data)
        except TlsError as error:
            self._fail(error)
            raise
        if self._update_wanted:
            self._update_wanted = False
            if self._sendable:
                self._rotate(request_peer=False)
        elif now >= self._rotate_at:
            self._rotate(request_peer=False)

    def events(self) -> list[Event]:
        """Return what has happened since the last call, in order; neighbouring data comes in one piece."""
        self._flush_plain()
        events, self._events = self._events, []
        return events

    def data_to_send(self) -> bytes:
        """Return what is to go to the peer since the last call."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    def send(self, data: bytes) -> None:
        """Seal application data. Raises TlsStateError before the handshake allows it, and after the end."""
        if not self._sendable:
            raise TlsStateError("application data cannot be sent now")
        sealer = self._sealer
        assert sealer is not None
        if len(data) <= PLAINTEXT_BYTES_MAX:
            if sealer.sequence >= self._key_records_max:
                sealer = self._rotate(request_peer=False)
            if data:
                self._out += sealer.seal(data + APPLICATION_DATA_BYTE)
            return
        view = memoryview(data)
        for start in range(0, len(data), PLAINTEXT_BYTES_MAX):
            if sealer.sequence >= self._key_records_max:
                sealer = self._rotate(request_peer=False)
            piece = view[start : start + PLAINTEXT_BYTES_MAX]
            self._out += sealer.seal(b"".join((piece, APPLICATION_DATA_BYTE)))

    def update_keys(self, *, request_peer: bool = False) -> None:
        """Change the keys of what is sent from here on, and ask the peer for the same if wanted."""
        if not self._sendable or self._state is not CONNECTED:
            raise TlsStateError("keys cannot be updated now")
        self._rotate(request_peer=request_peer)

    def close(self) -> None:
        """Say that nothing more will be sent; what the peer sends is still taken. Again: nothing."""
        if self._closed or self._error is not None:
            return
        self._send_alert(_WARNING, AlertDescription.CLOSE_NOTIFY)
        self._closed = True
        self._sendable = False
        self._rotate_at = math.inf

    def export(self, label: str, context: bytes, length: int, *, early: bool = False) -> bytes:
        """Return `length` bytes that only the two sides know (RFC 8446 section 7.5).

        With `early`, from the early exporter, which exists from early data on until it is refused, and which
        a replayed first flight repeats. Raises TlsStateError before the secret exists,
        and ValueError for a length out of bounds.
        """
        if early not in self._exporter_secrets:
            raise TlsStateError("there is nothing to export from")
        if not 0 < length <= limits.EXPORT_BYTES_MAX:
            raise ValueError(f"between 1 and {limits.EXPORT_BYTES_MAX} bytes can be exported")
        return key_schedule.export(*self._exporter_secrets[early], label, context, length)

    # Keys.

    def _on_key_update(self, message: bytes) -> None:
        opener = self._opener
        assert opener is not None
        # When this was the first record under its key, nothing came since the last KeyUpdate.
        self._key_updates = self._key_updates + 1 if opener.sequence <= 1 else 0
        if self._key_updates > limits.KEY_UPDATES_IN_A_ROW_MAX:
            raise TlsError(AlertDescription.UNEXPECTED_MESSAGE, "too many KeyUpdates come in a row")
        # Several requests before an answer went out get one answer (RFC 8446 section 4.6.3).
        self._update_wanted |= messages.decode_key_update(message[4:])
        self._update_asked = False
        self._opener = opener.successor()
        self._emit(KeysUpdated())

    def _watch_peer_key(self, records: int) -> None:
        """See to it that the peer changes its keys too."""
        if records >= limits.PEER_KEY_RECORDS_MAX:
            raise TlsError(AlertDescription.UNEXPECTED_MESSAGE, "the peer does not change its keys")
        if not self._update_asked and self._sendable and self._state is CONNECTED:
            self._update_asked = True
            self._rotate(request_peer=True)

    def _rotate(self, *, request_peer: bool) -> Sealer:
        """Change the sending keys; until the handshake is over, keep them."""
        sealer = self._sealer
        assert sealer is not None
        if self._state is CONNECTED:
            self._send_handshake(messages.encode_key_update(request_peer=request_peer))
            self._sealer = sealer = sealer.successor()
            self._rotate_at = self._now + self._key_age_s_max
        return sealer

    def _become_connected(self) -> None:
        self._state = CONNECTED
        if not self._closed:
            self._sendable = True
            self._rotate_at = self._now + self._key_age_s_max

    # Writing.

    def _send_handshake(self, message: bytes, *, first: bool = False) -> None:
        """Send messages, which may be several in one piece."""
        for start in range(0, len(message), PLAINTEXT_BYTES_MAX):
            self._send_record(
                ContentType.HANDSHAKE, message[start : start + PLAINTEXT_BYTES_MAX], first=first
            )

    def _send_record(self, kind: ContentType, content: bytes, *, first: bool = False) -> None:
        if self._sealer is not None:
            self._out += self._sealer.seal(content + bytes((kind,)))
        else:
            version = TLS10_VERSION if first else TLS12_VERSION
            self._out += (bytes((kind,)) + version.to_bytes(2) + len(content).to_bytes(2), content)

    def _send_change_cipher_spec(self) -> None:
        self._out.append(b"\x14\x03\x03\x00\x01\x01")

    def _send_alert(self, level: int, alert: AlertDescription) -> None:
        self._send_record(ContentType.ALERT, bytes((level, alert)))

    def _fail(self, error: TlsError) -> None:
        """End the connection, tell the peer why, and forget the keys."""
        self._error = error
        if not isinstance(error, PeerAlertError) and not self._closed:
            self._send_alert(_FATAL, error.alert)
        self._sendable = False
        self._rotate_at = math.inf
        self._rest = b""
        self._message.clear()
        self._sealer = self._opener = None
        self._exporter_secrets.clear()
