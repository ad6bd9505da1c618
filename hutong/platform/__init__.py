"""What features stand on. Knows no feature by name."""
