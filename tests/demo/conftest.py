"""Fixtures of the demo's tests."""

from __future__ import annotations

from hutong.conftest import quick_passwords

__all__ = ["quick_passwords"]
