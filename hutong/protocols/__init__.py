"""Sans-I/O cores: bytes and `now` in; events, bytes to send and the next deadline out."""
