"""How commands print what programs read."""

import json
import sys
from collections.abc import Mapping
from typing import Any


def as_json(row: Mapping[str, Any]) -> str:
    """Write a row as one line of JSON, in characters that whoever reads it can be sent."""
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    return json.dumps(row, ensure_ascii=not is_unicode)
