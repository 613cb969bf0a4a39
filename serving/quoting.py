"""Received values as messages show them: never at length."""

_LONGEST_QUOTE = 80


def shorten(text: str, longest: int = _LONGEST_QUOTE) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def quote(value: object) -> str:
    """Show a received value in a message, as JSON would write it and never at length."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return shorten(repr(value[:_LONGEST_QUOTE]))
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    # An int of thousands of digits cannot be printed (sys.set_int_max_str_digits).
    if isinstance(value, int) and value.bit_length() > 256:
        return "an integer of more than 77 digits"
    return shorten(str(value))
