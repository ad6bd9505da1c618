"""Listeners: what ends connections and hands whole messages to the platform."""
