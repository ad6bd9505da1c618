"""Generated from schema/hutong by `make schema`."""
