"""Hutong: a self-hosted super-app, honest about which path your data took."""

__version__ = "0.1.0"
