"""What an endpoint of WeChat's API is: method, path, whose token, a request and an answer, and what it does."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

DOCS = "https://developers.weixin.qq.com/doc/oplatform/openApi/OpenApiDoc"


class Request(BaseModel):
    """What is sent, in WeChat's own field names; a field of None is not sent."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def fields(self) -> dict[str, Any]:
        """Return what goes into the query or the body."""
        return self.model_dump(exclude_none=True)


# What no log and no traceback may show.
Secret = Annotated[str, Field(repr=False)]


class Media(BaseModel):
    """A file to upload."""

    model_config = ConfigDict(frozen=True)

    filename: str
    content: bytes = Field(repr=False)
    content_type: str


class Upload(Request):
    """What is sent as a form with one file, in the field `media`; every other field goes into the query."""

    media: Media

    def fields(self) -> dict[str, Any]:
        """Return what goes into the query."""
        return self.model_dump(exclude_none=True, exclude={"media"})


class NoParameters(Request):
    """No parameters; a POST still carries `{}`, because WeChat refuses an empty body (44002)."""


class Reply(BaseModel):
    """What comes back: numbers may come as strings, nothing as null or as an empty string; new fields are kept.

    `also`: other spellings of a field that WeChat's pages have.
    """

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True, coerce_numbers_to_str=True)
    also: ClassVar[Mapping[str, str]] = MappingProxyType({})

    @model_validator(mode="before")
    @classmethod
    def _as_meant(cls, said: Any) -> Any:
        if not isinstance(said, dict):
            return said
        told = {name: value for name, value in said.items() if value is not None and not cls._is_blank(name, value)}
        for spelt, name in cls.also.items():
            if spelt in told and not told.get(name):
                told[name] = told.pop(spelt)
        return told

    @classmethod
    def _is_blank(cls, name: str, value: Any) -> bool:
        field = cls.model_fields.get(name)
        return value == "" and field is not None and field.annotation is not str


class Ok(Reply):
    """It worked; there is nothing more to say, so that WeChat must say at least this."""

    errcode: int


class File(Reply):
    """A file, as bytes, and its media type, such as image/jpeg."""

    content: bytes = Field(repr=False)
    content_type: str


Sent = TypeVar("Sent", bound=Request)
Got = TypeVar("Got", bound=Reply)


class Token(Enum):
    """Whose token an endpoint wants: EITHER is the mini program's if it is called for one, else the platform's."""

    NONE = "none"
    COMPONENT = "component"
    AUTHORIZER = "authorizer"
    EITHER = "either"


VAGUE = frozenset({"get", "v2"})
CALL_WITHIN = 10.0
# Up to 10 MB on an ordinary line.
UPLOAD_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[Sent, Got]):
    """One endpoint. `codes` are the error codes that its page lists, beyond those that every endpoint has.

    `safe`: it changes nothing that matters, so it may be sent again whatever became of the answer. `in_turn`: WeChat
    refuses two such calls for one mini program at the same time (9402202). `seconds`: how long a call may take in all,
    repetitions included.
    """

    method: Literal["GET", "POST"]
    path: str
    token: Token
    request: type[Sent]
    answer: type[Got]
    does: str
    page: str
    codes: tuple[int, ...] = ()
    safe: bool = False
    in_turn: bool = False
    seconds: float = CALL_WITHIN

    @property
    def name(self) -> str:
        """Return the last part of the path, or the last two if that says little; `weaudit call` and errors use it."""
        *_, before, last = self.path.split("/")
        return f"{before}/{last}" if last in VAGUE else last

    @property
    def token_parameter(self) -> str:
        """Return the query parameter that carries the token; WeChat's newer pages name all alike, its SDKs do not."""
        return "component_access_token" if self.path.startswith("/cgi-bin/component/") else "access_token"
