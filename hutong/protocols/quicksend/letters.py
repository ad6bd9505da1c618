"""What the two ends write to each other: three letters of SPAKE2, then sealed words (QUICK8 to QUICK12)."""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from google.protobuf.message import DecodeError

from hutong.protocols.quicksend.code import Code
from hutong.protocols.spake2 import Edwards25519, Exchange, Role, Spake2Error
from hutong.schema import quicksend_pb2 as pb

WORD_BYTES_MAX = 68 * 1024
_PASSWORD_TAG = b"hutong quick send 1\n"
_NAMES = (b"hutong quick send receiver", b"hutong quick send sender")
_KEYS_INFO = b"hutong quick send 1 keys"
_KEY_BYTES = 32


class LetterError(Exception):
    """A letter that breaks the rules: whoever wrote it is not to be talked to."""


class WrongCodeError(LetterError):
    """The other side has another code, or somebody stands between."""


class Conversation:
    """One end. Letters are written and read in order; `random` are 64 bytes nobody else knows."""

    def __init__(self, code: Code, random: bytes, *, sender: bool) -> None:
        digest = hashlib.sha512(_PASSWORD_TAG + code.password).digest()
        self._sender = sender
        self._exchange = Exchange(
            Edwards25519(),
            Role.B if sender else Role.A,
            int.from_bytes(digest, "big"),
            random,
            names=_NAMES,
            associated=str(code.number).encode(),
        )
        self._keys: tuple[AESGCM, AESGCM] | None = None  # ours, theirs
        self._answered = False
        self._written = self._read = 0

    @property
    def confirmed(self) -> bool:
        """Whether the other side has shown that it knows the code."""
        return self._keys is not None

    def begin(self) -> pb.Letter:
        """Return the receiver's first letter."""
        return pb.Letter(share=self._exchange.share)

    def answer(self, letter: pb.Letter) -> pb.Letter:
        """Take the receiver's first letter; return the sender's. Raises `LetterError`."""
        if not self._sender or self._answered or letter.WhichOneof("kind") != "share":
            raise LetterError("That is not how a receiver begins.")
        self._answered = True
        self._finish(letter.share)
        answer = pb.Answer(share=self._exchange.share, confirmation=self._exchange.confirmation)
        return pb.Letter(answer=answer)

    def confirm(self, letter: pb.Letter) -> pb.Letter:
        """Take the sender's answer; return the receiver's confirmation. Raises `LetterError`."""
        if self._sender or self.confirmed or letter.WhichOneof("kind") != "answer":
            raise LetterError("That is not how a sender answers.")
        self._finish(letter.answer.share)
        self._verify(letter.answer.confirmation)
        return pb.Letter(confirmation=self._exchange.confirmation)

    def accept(self, letter: pb.Letter) -> None:
        """Take the receiver's confirmation. Raises `LetterError`."""
        if not self._answered or self.confirmed or letter.WhichOneof("kind") != "confirmation":
            raise LetterError("That is not how a receiver goes on.")
        self._verify(letter.confirmation)

    def seal(self, word: pb.Word) -> pb.Letter:
        """Return the letter of a word."""
        assert self._keys is not None
        nonce = self._written.to_bytes(12, "big")
        self._written += 1
        return pb.Letter(sealed=self._keys[0].encrypt(nonce, word.SerializeToString(), None))

    def open(self, letter: pb.Letter) -> pb.Word:
        """Return the word of a letter. Raises `LetterError`."""
        if self._keys is None or not 0 < len(letter.sealed) <= WORD_BYTES_MAX:
            raise LetterError("That is no sealed letter.")
        nonce = self._read.to_bytes(12, "big")
        try:
            word = pb.Word.FromString(self._keys[1].decrypt(nonce, letter.sealed, None))
        except (InvalidTag, DecodeError) as error:
            raise LetterError("Somebody has changed a letter on its way.") from error
        self._read += 1
        return word

    def _finish(self, share: bytes) -> None:
        try:
            self._exchange.finish(share)
        except Spake2Error as error:
            raise LetterError(str(error)) from error

    def _verify(self, confirmation: bytes) -> None:
        try:
            shared = self._exchange.verify(confirmation)
        except Spake2Error as error:
            raise WrongCodeError("The other side has another code.") from error
        material = HKDF(SHA256(), 2 * _KEY_BYTES, None, _KEYS_INFO).derive(shared)
        sender, receiver = AESGCM(material[:_KEY_BYTES]), AESGCM(material[_KEY_BYTES:])
        self._keys = (sender, receiver) if self._sender else (receiver, sender)
