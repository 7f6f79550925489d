"""What an endpoint of WeChat's API is: a name, a method, a path, whose token, a request and an answer."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict


class Request(BaseModel):
    """What is sent, in WeChat's own field names; a field of None is not sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def fields(self) -> dict[str, Any]:
        """Give what goes into the query or the body."""
        return self.model_dump(exclude_none=True)


class Answer(BaseModel):
    """What comes back; numbers may come as strings, and fields that WeChat adds later are kept."""

    model_config = ConfigDict(frozen=True, extra="allow")


Sent = TypeVar("Sent", bound=Request)
Got = TypeVar("Got", bound=Answer)


class Token(Enum):
    """Whose token an endpoint wants, by the name of the query parameter that carries it."""

    NONE = ""
    COMPONENT = "component_access_token"
    AUTHORIZER = "access_token"


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[Sent, Got]):
    """One endpoint; its name is the last part of its path."""

    method: Literal["GET", "POST"]
    path: str
    token: Token
    request: type[Sent]
    answer: type[Got]

    @property
    def name(self) -> str:
        """Give the name that `weaudit call` and errors use."""
        return self.path.rpartition("/")[2]
