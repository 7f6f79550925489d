"""What subscribers can rely on, for programs: a JSON Schema for each type of message, and an AsyncAPI document."""

from collections.abc import Iterable, Mapping
from typing import Any

from service import topology
from service.events.message import CONTENT_TYPE, KINDS, UNRECOGNISED, Message

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
HERE, IN_ASYNCAPI = "#/$defs/{model}", "#/components/schemas/{model}"
NULL: Schema = {"type": "null"}
DESCRIPTION = (
    "What WeChat told a third-party platform, and what weaudit did about it. A message may come more than once; its id "
    "is its identity. Fields are added, never renamed or taken away."
)
APPID = {"description": "The mini program; of what concerns the platform, the platform's own appid."}


def one(kind: str) -> Schema:
    """Return the JSON Schema of one type of message. Raises KeyError."""
    schema, parts = _message(kind, HERE)
    return {"$schema": DIALECT, **schema, "$defs": parts}


def every() -> Schema:
    """Return the JSON Schema of all messages; that of one type is `$defs/<type>`."""
    messages = {kind: _message(kind, HERE) for kind in KINDS}
    parts = _merged(parts for _, parts in messages.values())
    return {
        "$schema": DIALECT,
        "title": "Messages of weaudit",
        "description": DESCRIPTION,
        "oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in KINDS],
        "$defs": {**{kind: schema for kind, (schema, _) in messages.items()}, **parts},
    }


def asyncapi(version: str) -> Schema:
    """Return the AsyncAPI 3 document: a channel a type, with its routing key at the exchange.

    https://www.asyncapi.com/docs/reference/specification/v3.0.0
    """
    messages = {kind: _message(kind, IN_ASYNCAPI) for kind in KINDS}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "weaudit",
            "version": version,
            "description": DESCRIPTION,
            "license": {"name": "MIT", "url": "https://opensource.org/license/mit"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {kind: _channel(kind) for kind in KINDS},
        "operations": {
            f"tell.{kind}": {"action": "send", "channel": {"$ref": f"#/channels/{kind}"}, "summary": _summary(kind)}
            for kind in KINDS
        },
        "components": {
            "messages": {
                kind: {"name": kind, "summary": _summary(kind), "contentType": CONTENT_TYPE, "payload": schema}
                for kind, (schema, _) in messages.items()
            },
            "schemas": _merged(parts for _, parts in messages.values()),
        },
    }


def _channel(kind: str) -> Schema:
    event = "{event}" if kind == UNRECOGNISED else kind.removeprefix("wechat.")
    named = {"event": {"description": "WeChat's own Event, InfoType or MsgType."}} if kind == UNRECOGNISED else {}
    exchange = {"name": topology.EXCHANGE.name, "type": topology.EXCHANGE.type, "durable": True}
    return {
        "address": f"{event}.{{appid}}",
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"}},
        "parameters": {**named, "appid": APPID},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange}},
    }


def _message(kind: str, template: str) -> tuple[Schema, Schema]:
    """Return the schema of a type, and of the parts that it refers to."""
    data = KINDS[kind].model_json_schema(mode="serialization", ref_template=template)
    parts = {name: _without_null(part) for name, part in data.pop("$defs", {}).items()}
    envelope = _without_null(Message.model_json_schema(mode="serialization"))
    envelope.pop("$defs", None)
    properties = {**envelope["properties"], "type": {"const": kind}, "data": _without_null(data)}
    return {**envelope, "title": kind, "description": _summary(kind), "properties": properties}, parts


def _without_null(schema: Mapping[str, Any]) -> Schema:
    """Say of what has no value that it is left out, as it is, and not that it is null."""
    properties, optional = {}, set()
    for name, each in schema.get("properties", {}).items():
        told = {key: value for key, value in each.items() if key != "title" and (key, value) != ("default", None)}
        if NULL in told.get("anyOf", []):
            optional.add(name)
            rest = [choice for choice in told.pop("anyOf") if choice != NULL]
            told |= rest[0] if len(rest) == 1 else {"anyOf": rest}
        properties[name] = told
    required = [name for name in schema.get("required", []) if name not in optional]
    return {**schema, "properties": properties, **({"required": required} if required else {})}


def _summary(kind: str) -> str:
    return (KINDS[kind].__doc__ or "").strip().partition("\n")[0]


def _merged(parts: Iterable[Schema]) -> Schema:
    return {name: part for each in parts for name, part in each.items()}
