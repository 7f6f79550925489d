"""An option that is a JSON object, as a person typed it."""

import json
from typing import Any

from handlers.commands.exit_status import WrongUsage


def json_object(option: str, text: str, example: str) -> dict[str, Any]:
    """Read the object that was given to an option. Raises WrongUsage."""
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise WrongUsage("{option} is no JSON: {error}", option=option, error=error) from None
    if not isinstance(found, dict):
        raise WrongUsage("{option} is a JSON object, such as {example}", option=option, example=example)
    return found
