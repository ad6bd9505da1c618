"""The receiving half of a connection: records, what is in them, and the messages they are cut from.

Source: RFC 8446 sections 5 (records) and 6 (alerts), appendix D.4 (middleboxes).

`_read` is half of the hot path (records.py is the other). Measured on 200-byte messages: an enum member or a
module's attribute looked up for every record costs more than taking the record apart, hence the constants;
data that arrives together is handed out in one piece, because an event costs as much as a third of a record.
"""

import abc
from typing import ClassVar

from hutong.protocols.tls13 import limits
from hutong.protocols.tls13.codepoints import AlertDescription, ContentType, HandshakeType
from hutong.protocols.tls13.errors import PeerAlertError, TlsError
from hutong.protocols.tls13.events import ApplicationData, Event, PeerClosed
from hutong.protocols.tls13.records import HEADER_BYTES, Opener
from hutong.protocols.tls13.transitions import State, Table

APPLICATION_DATA = int(ContentType.APPLICATION_DATA)
APPLICATION_DATA_BYTE = bytes((APPLICATION_DATA,))
PLAINTEXT_BYTES_MAX = limits.PLAINTEXT_BYTES_MAX
CIPHERTEXT_BYTES_MAX = limits.CIPHERTEXT_BYTES_MAX
PEER_KEY_RECORDS_ASK = limits.PEER_KEY_RECORDS_ASK
CONNECTED, RECVD_CH = State.CONNECTED, State.RECVD_CH

_MESSAGE_HEADER_BYTES = 4
_KINDS_OF_RECORDS = range(ContentType.CHANGE_CIPHER_SPEC, APPLICATION_DATA + 1)
_ALERTS = {int(alert): alert for alert in AlertDescription}


class Reading(abc.ABC):
    """What a connection knows of the peer's side; `Connection` adds the other half."""

    _transitions: ClassVar[Table]

    def __init__(self, state: State) -> None:
        self._state = state
        self._opener: Opener | None = None
        self._events: list[Event] = []
        self._plain: list[bytes] = []
        # What has come of a record, and of a handshake message.
        self._rest = b""
        self._message = bytearray()
        self._peer_closed = False
        self._skippable_bytes = 0
        self._empty_records = self._change_cipher_specs = self._warnings = 0

    def _emit(self, event: Event) -> None:
        self._flush_plain()
        self._events.append(event)

    def _flush_plain(self) -> None:
        plain = self._plain
        if plain:
            self._events.append(ApplicationData(b"".join(plain)))
            plain.clear()

    def _read(self, data: bytes) -> None:
        """Take whole records as far as they go, and keep the rest. Raises TlsError."""
        if self._rest:
            data = self._rest + data
        view = memoryview(data)
        start, end = 0, len(data)
        while end - start >= HEADER_BYTES and self._state is not RECVD_CH and not self._peer_closed:
            body = start + HEADER_BYTES
            stop = body + (data[start + 3] << 8 | data[start + 4])
            if stop - body > CIPHERTEXT_BYTES_MAX:
                raise TlsError(AlertDescription.RECORD_OVERFLOW, "a record is too long")
            kind = data[start]
            if stop > end:
                if kind not in _KINDS_OF_RECORDS:
                    raise TlsError(AlertDescription.UNEXPECTED_MESSAGE, "this is not TLS")
                break
            opener = self._opener
            if kind == APPLICATION_DATA and opener is not None:
                self._take_protected(opener, data[start:body], view[body:stop])
            else:
                self._take_unprotected(kind, view[body:stop])
            start = stop
        self._rest = data[start:]
        if self._state is RECVD_CH and len(self._rest) > limits.WAITING_BYTES_MAX:
            raise TlsError(AlertDescription.UNEXPECTED_MESSAGE, "too much comes during a ticket's look-up")

    def _take_protected(self, opener: Opener, header: bytes, body: memoryview) -> None:
        try:
            inner = opener.open(header, body)
        except TlsError:
            if not self._skip(len(body)):
                raise
            return
        # The usual case first: unpadded application data on a live connection.
        if (
            inner[-1:] == APPLICATION_DATA_BYTE
            and self._state is CONNECTED
            and 1 < len(inner) <= PLAINTEXT_BYTES_MAX + 1
            and not self._message
        ):
            self._plain.append(inner[:-1])
            self._empty_records = 0
        else:
            self._take_inner(inner)
        if opener.sequence >= PEER_KEY_RECORDS_ASK:
            self._watch_peer_key(opener.sequence)

    def _take_inner(self, inner: bytes) -> None:
        """Take what was in a protected record, its padding still on."""
        # Whoever can seal this has no more early data to send.
        self._skippable_bytes = 0
        if len(inner) > PLAINTEXT_BYTES_MAX + 1:
            raise TlsError(AlertDescription.RECORD_OVERFLOW, "a record holds too much")
        inner = inner.rstrip(b"\0")
        if not inner:
            raise TlsError(AlertDescription.UNEXPECTED_MESSAGE, "a record has no type")
        self._take_content(inner[-1], inner[:-1])

    def _take_unprotected(self, kind: int, body: memoryview) -> None:
        """Take a record without protection: hellos, their alerts, and what middleboxes want to see."""
        if kind == ContentType.CHANGE_CIPHER_SPEC:
            self._take_change_cipher_spec(bytes(body))
        elif kind == APPLICATION_DATA and self._skip(len(body)):
            pass
        elif not self._may_be_unprotected(kind):
            raise TlsError(AlertDescription.UNEXPECTED_MESSAGE, "an unprotected record comes where none may")
        elif len(body) > PLAINTEXT_BYTES_MAX:
            raise TlsError(AlertDescription.RECORD_OVERFLOW, "a record is too long")
        else:
            self._take_content(kind, bytes(body))

    def _may_be_unprotected(self, kind: int) -> bool:
        """Tell whether a hello or an alert may still come as plain text.

        A peer that ends the handshake before it has understood our hello has no keys for its alert.
        """
        if kind == ContentType.ALERT and self._state is not CONNECTED:
            return self._opener is None or self._opener.sequence == 0
        return kind == ContentType.HANDSHAKE and self._opener is None

    def _take_change_cipher_spec(self, body: bytes) -> None:
        """Ignore what is only there for middleboxes (RFC 8446 appendix D.4), within bounds."""
        self._change_cipher_specs += 1
        if (
            body != b"\x01"
            or self._message
            or self._state in {State.START, State.CONNECTED}
            or self._change_cipher_specs > limits.CHANGE_CIPHER_SPECS_MAX
        ):
            raise TlsError(AlertDescription.UNEXPECTED_MESSAGE, "a ChangeCipherSpec comes where none may")

    def _skip(self, length: int) -> bool:
        """Tell whether a record that cannot be opened is early data to be skipped, and count it."""
        if not self._skippable_bytes:
            return False
        # A record with no content costs a byte, or they would never end.
        self._skippable_bytes -= max(1, length - 17)
        if self._skippable_bytes < 0:
            raise TlsError(AlertDescription.UNEXPECTED_MESSAGE, "there is more early data than allowed")
        return True

    def _take_content(self, kind: int, content: bytes) -> None:
        if kind == ContentType.HANDSHAKE:
            self._take_handshake(content)
        elif kind == ContentType.ALERT:
            self._take_alert(content)
        elif kind == APPLICATION_DATA and not self._message:
            self._take_data(content)
        else:
            raise TlsError(AlertDescription.UNEXPECTED_MESSAGE, "a record comes where none of its kind may")

    def _take_data(self, content: bytes) -> None:
        """Take application data off the hot path: early, padded, or empty."""
        if content:
            self._empty_records = 0
        else:
            self._empty_records += 1
            if self._empty_records > limits.EMPTY_RECORDS_IN_A_ROW_MAX:
                raise TlsError(AlertDescription.UNEXPECTED_MESSAGE, "too many empty records come in a row")
        if self._state is not CONNECTED:
            self._take_early_data(content)
        elif content:
            self._plain.append(content)

    def _take_early_data(self, content: bytes) -> None:  # noqa: ARG002 - a server's affair
        raise TlsError(AlertDescription.UNEXPECTED_MESSAGE, "application data comes too early")

    def _take_handshake(self, content: bytes) -> None:
        """Take a piece of the stream of handshake messages, by the table of transitions."""
        if not content:
            raise TlsError(AlertDescription.UNEXPECTED_MESSAGE, "a handshake record is empty")
        pending = self._message
        pending += content
        while len(pending) >= _MESSAGE_HEADER_BYTES:
            kind = pending[0]
            stop = _MESSAGE_HEADER_BYTES + int.from_bytes(pending[1:_MESSAGE_HEADER_BYTES])
            transition = self._transitions.get((self._state, kind))
            if transition is None:
                raise TlsError(
                    AlertDescription.UNEXPECTED_MESSAGE, f"message {kind} comes in state {self._state.name}"
                )
            if stop - _MESSAGE_HEADER_BYTES > limits.MESSAGE_BYTES_MAX[HandshakeType(kind)]:
                raise TlsError(AlertDescription.ILLEGAL_PARAMETER, f"message {kind} is too long")
            if len(pending) < stop:
                break
            message = bytes(pending[:stop])
            del pending[:stop]
            if transition.ends_record and pending:
                raise TlsError(AlertDescription.UNEXPECTED_MESSAGE, f"message {kind} does not end its record")
            getattr(self, transition.handler)(message)
            assert self._state in transition.to

    def _take_alert(self, content: bytes) -> None:
        if len(content) != 2:
            raise TlsError(AlertDescription.DECODE_ERROR, "an alert is not two bytes")
        code = content[1]
        if code == AlertDescription.CLOSE_NOTIFY and self._state is CONNECTED:
            self._peer_closed = True
            self._emit(PeerClosed())
        elif code == AlertDescription.USER_CANCELED:
            # The close_notify that says the same is yet to come (RFC 8446 section 6.1).
            self._warnings += 1
            if self._warnings > limits.WARNINGS_MAX:
                raise TlsError(AlertDescription.UNEXPECTED_MESSAGE, "too many warnings come")
        else:
            # Every other alert is fatal, whatever level it claims (RFC 8446 section 6).
            alert = _ALERTS.get(code, AlertDescription.GENERAL_ERROR)
            raise PeerAlertError(alert, f"the peer ended the connection with alert {code}")

    @abc.abstractmethod
    def _watch_peer_key(self, records: int) -> None:
        """Act on a peer that has sent that many records under one key."""
