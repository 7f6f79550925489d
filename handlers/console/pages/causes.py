"""What is waited for outside, and what is paused: since when, what it holds up, and what a person does."""

from collections.abc import Mapping
from typing import Any

from handlers.causes import telling
from handlers.console.page import Asked
from service.store import causes


def read(asked: Asked) -> Mapping[str, Any]:
    """Read all causes."""
    suffix = "_chinese" if asked.language == "zh" else ""
    every = causes.every(asked.connection)
    told = [{**telling.title(held.cause), **telling.what_to_do(held.cause)} for held in every]
    return {
        "causes": [
            (held, words[f"what{suffix}"], words.get(f"act{suffix}", ""), causes.is_pause(held.cause.name))
            for held, words in zip(every, told, strict=True)
        ],
        "is_all_paused": any(held.cause.name == causes.PAUSED_ALL for held in every),
    }
