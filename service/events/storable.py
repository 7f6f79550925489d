"""Text that every database takes: the one place that replaces what some cannot keep."""

from typing import Any

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable(text: str) -> str:
    """Put U+FFFD for NUL, which PostgreSQL cannot keep, and for half a surrogate pair, which no UTF-8 holds."""
    text = text.replace("\0", REPLACEMENT) if "\0" in text else text
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def storable_json(value: Any) -> Any:
    """Do that to each text of what was read from JSON, to the names as well."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(name): storable_json(item) for name, item in value.items()}
    return [storable_json(item) for item in value] if isinstance(value, list) else value
