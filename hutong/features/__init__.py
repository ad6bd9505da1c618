"""One folder a capability. Each registers itself; nothing imports one by name."""
