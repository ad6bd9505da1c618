"""One conversion in a process of its own: `python -m hutong.features.voices.worker MEDIA_TYPE`.

Decoders written in C are given files of strangers. What goes wrong in there ends this process, not the
server, and it can neither take more memory and time than it was given, nor write a file.
Reads the voice from stdin; writes a line of JSON, and after it the bytes of the new file.
"""

from __future__ import annotations

import json
import resource
import sys

# The samples of ten minutes in several copies, and the libraries.
MEMORY_BYTES_MAX = 1024 * 1024 * 1024
CPU_S_MAX = 30


def main() -> None:
    """Convert what stands on stdin."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    from hutong.features.voices import codec

    data = sys.stdin.buffer.read()
    try:
        samples = codec.decode(data)
        if not samples.data:
            raise codec.BadVoiceError("not_a_voice")
        converted = codec.encode(samples, sys.argv[1])
        head = {"duration_ms": samples.duration_ms, "waveform": codec.waveform(samples).hex()}
    except codec.BadVoiceError as error:
        head, converted = {"refused": str(error)}, b""
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + converted)


if __name__ == "__main__":
    main()
