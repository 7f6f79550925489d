"""What a request looks like, checked as strictly as WeChat's pages allow: names, types, method, encoding."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from starlette.datastructures import FormData, QueryParams, UploadFile

from service.simulator.media import Upload
from service.simulator.refusal import Refusal

# An escaped backslash before a u is none.
ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u")
TOKENS = frozenset({"access_token", "component_access_token"})


class Shape(BaseModel):
    """Fields of a request; an unknown one, or one of another type, is refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Item(Shape):
    """A page of a review; which of these must be there is the reviewers' business, with codes of its own."""

    address: str = ""
    tag: str = ""
    title: str = ""
    first_class: str = ""
    second_class: str = ""
    third_class: str = ""
    first_id: int = 0
    second_id: int = 0
    third_id: int = 0


class PreviewInfo(Shape):
    """Media ids for the reviewers."""

    video_id_list: list[str] = []
    pic_id_list: list[str] = []


class SentText(Shape):
    """What a message to a customer says."""

    content: str


class UgcDeclare(Shape):
    """What users may publish."""

    scene: list[int]
    method: list[int] = []
    other_scene_desc: str = ""
    has_audit_team: int = 0
    audit_desc: str = ""


def shape(required: Mapping[str, Any], optional: Mapping[str, Any]) -> type[Shape]:
    """Make the shape of a request from the types of its fields."""
    fields: dict[str, Any] = {name: (kind, ...) for name, kind in required.items()}
    fields |= {name: (kind | None, None) for name, kind in optional.items()}
    return create_model("Request", __base__=Shape, **fields)


def of_json(shape: type[Shape], body: bytes, codes: Mapping[str, int]) -> dict[str, Any]:
    """Read the body of a POST; `codes` are those of fields whose absence, or another type, has one of its own."""
    if not body:
        raise Refusal(44002)
    if ESCAPE.search(body):
        raise Refusal(47002)
    try:
        said = json.loads(body)
    except ValueError:
        raise Refusal(47001) from None
    if not isinstance(said, dict) or None in said.values():
        raise Refusal(47001)
    try:
        return shape.model_validate(said).model_dump(exclude_unset=True)
    except ValidationError as error:
        raise Refusal(_code_of(error, codes, 47001)) from None


def of_query(shape: type[Shape], query: QueryParams, codes: Mapping[str, int]) -> dict[str, Any]:
    """Read the query of a GET, or of a form; numbers are written in digits there."""
    said = {name: value for name, value in query.items() if name not in TOKENS}
    try:
        return shape.model_validate(said, strict=False).model_dump(exclude_unset=True)
    except ValidationError as error:
        raise Refusal(_code_of(error, codes, 40097)) from None


def _code_of(error: ValidationError, codes: Mapping[str, int], otherwise: int) -> int:
    at_fault = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
    return next((code for name, code in codes.items() if name in at_fault), otherwise)


def of_form(form: FormData) -> Upload:
    """Read the file `media` out of a form."""
    media = form.get("media")
    if isinstance(media, UploadFile) and (content := media.file.read()):
        return Upload(str(media.filename), media.content_type or "", content)
    raise Refusal(41005)
