"""Inputs that nobody means to send: at the door, at its parsers, and by its own description."""
