"""Direct paths between programs that have sockets of their own: punched UDP with QUIC, and opened TCP."""
