"""`hutong doctor` on the server's own keys: what clients pin, and what is signed with it."""

from __future__ import annotations

import json
import time

from google.protobuf.message import DecodeError

from hutong.cli.diagnosis import Finding
from hutong.platform.service_keys import DAY_MS, KEYS_FILE, ROOT_FILE
from hutong.platform.settings import Settings
from hutong.protocols.sealed import ManifestError, verify
from hutong.schema import sealed_pb2


def examine_keys(settings: Settings) -> Finding:
    """Check that the service key is good, and that the root is there when it is needed."""
    check, path = "Service key", settings.data / KEYS_FILE
    if not path.exists():
        return Finding(check, "note", "There is none yet.", "Start the server once; it makes one.")
    try:
        kept = json.loads(path.read_text())
        manifest = verify(sealed_pb2.SignedManifest.FromString(bytes.fromhex(kept["manifest"])))
    except (OSError, ValueError, KeyError, TypeError, DecodeError, ManifestError):
        return Finding(check, "problem", f"{path} is damaged.", "Put it back from a backup.")
    days_left = (manifest.not_after_ms - time.time() * 1000) / DAY_MS
    due_in_days = (manifest.not_before_ms - time.time() * 1000) / DAY_MS + settings.service_key_days
    root = settings.data / ROOT_FILE
    found = f"Epoch {manifest.epoch}, good for {max(0, days_left):.0f} days"
    if days_left <= 0:
        advice = f"Put {ROOT_FILE} back and start the server: until then clients do not believe it."
        return Finding(check, "problem", f"Epoch {manifest.epoch} has run out.", advice)
    if not root.exists() and due_in_days <= 0:
        return Finding(check, "note", f"{found}; a new one is due.", f"Put {root} back for a moment.")
    return Finding(check, "ok", found)
