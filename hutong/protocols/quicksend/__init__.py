"""Quick send without I/O: codes that can be said, and the letters two ends exchange under them.

The rules are in docs/protocol/quicksend.md.
"""

from hutong.protocols.quicksend.code import Code, CodeError, Language, parse_code
from hutong.protocols.quicksend.letters import Conversation, LetterError, WrongCodeError

__all__ = ["Code", "CodeError", "Conversation", "Language", "LetterError", "WrongCodeError", "parse_code"]
