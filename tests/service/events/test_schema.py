import json
import types
import typing
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from service.events import schema
from service.events.message import KINDS, build, encode, recognise
from tests.conftest import APP, COMPONENT

DOCS = Path(__file__).parents[3] / "docs"
DEEPER = {"privacy": {"api_name": "wx.chooseLocation", "status": 3}}


def published(kind: str, data: Any) -> Any:
    """Give a message as a subscriber gets it."""
    return json.loads(encode(build(kind, APP, data, id="0" * 32, component_appid=COMPONENT, at=1.0)))


def value(annotation: Any) -> Any:
    """Give a value of a field's type, as WeChat might tell it."""
    choices = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
    return 3 if int in choices else DEEPER["privacy"] if hasattr(annotation, "model_fields") else "x"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_published_is_what_its_schema_says(kind: str) -> None:
    """With just what it needs, and with each field of its own; what has no value is left out."""
    valid = Draft202012Validator(schema.one(kind))
    fields = KINDS[kind].model_fields
    needed = {name: value(field.annotation) for name, field in fields.items() if field.is_required()}
    if kind == "wechat.text":
        needed["to_user_name"] = "gh_3c884a361561"
    valid.validate(published(kind, KINDS[kind].model_validate(needed)))
    simple = {
        name: value(field.annotation) for name, field in fields.items() if int in typing.get_args(field.annotation)
    }
    full = published(kind, KINDS[kind].model_validate({**simple, **needed, "added_by_wechat": "later"}))
    valid.validate(full)
    Draft202012Validator(schema.every()).validate(full)
    assert not valid.is_valid({**full, "id": 7})
    assert not valid.is_valid({name: part for name, part in full.items() if name != "data"})


def test_a_rejection_fits_and_a_wrong_one_does_not() -> None:
    """The parts of a reason are part of the schema."""
    told = {"Event": "weapp_audit_fail", "CreateTime": "5", "Reason": "1:账号信息不符合规范:<br>(1):包含色情因素<br>"}
    kind, data = recognise(told)
    message = published(kind, data)
    valid = Draft202012Validator(schema.one(kind))
    valid.validate(message)
    message["data"]["reasons"] = [{"details": []}]
    assert not valid.is_valid(message)


@pytest.mark.parametrize(
    ("file", "made"), [("schema.json", schema.every), ("asyncapi.json", lambda: schema.asyncapi("0.1.0"))]
)
def test_what_is_checked_in_is_what_is_published(file: str, made: Any) -> None:
    """Whoever changes a message sees it in the document: weaudit schema > docs/schema.json, and --asyncapi."""
    assert json.loads((DOCS / file).read_text("utf-8")) == made()


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    """Its channels, messages and parts are all in it."""
    document = schema.asyncapi("1")

    def references(part: Any) -> list[str]:
        if isinstance(part, list):
            return [each for item in part for each in references(item)]
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [each for item in part.values() for each in references(item)]
        return []

    found = references(document)
    assert len(found) > len(KINDS)
    for reference in found:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
        assert place
