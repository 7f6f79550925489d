"""`weaudit schema`: what the messages look like, for programs."""

import json
from importlib.metadata import version
from typing import Annotated

import typer

from handlers.commands.answering import say
from handlers.commands.exit_status import WrongUsage
from service.events import schema as schemas
from service.events.message import KINDS


def schema(
    type: Annotated[str, typer.Argument(help="One type, such as weapp_audit_fail or weaudit.released; else all.")] = "",
    *,
    asyncapi: Annotated[bool, typer.Option("--asyncapi", help="All, as an AsyncAPI 3 document.")] = False,
) -> None:
    """Print the JSON Schema of the messages that subscribers get."""
    if asyncapi and type:
        raise WrongUsage("the AsyncAPI document is of all types: leave out either --asyncapi or the type")
    if asyncapi:
        printed = schemas.asyncapi(version("weaudit"))
    elif not type:
        printed = schemas.every()
    else:
        kind = type if type in KINDS else f"wechat.{type}"
        if kind not in KINDS:
            raise WrongUsage("there is no type {type}; there are: {types}", type=type, types=", ".join(KINDS))
        printed = schemas.one(kind)
    say(json.dumps(printed, indent=2))
