"""`weaudit call`: any endpoint of WeChat's, by hand, with weaudit's own tokens."""

import mimetypes
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from pydantic import ConfigDict, ValidationError

from handlers.causes import telling
from handlers.causes.kinds import QUOTAS
from handlers.commands.answering import as_json as written
from handlers.commands.configured import read_settings
from handlers.commands.desk import here
from handlers.commands.exit_status import CommandFailed, WrongUsage, say_aside
from handlers.commands.json_object import json_object
from handlers.commands.said import said, spoken
from handlers.context import Context, open_context
from handlers.wechat.endpoint import Endpoint, File, Reply, Request, Token, Upload
from handlers.wechat.endpoints import quota
from handlers.wechat.endpoints.authorization import Authorization, AuthorizerTokenRequest, ComponentToken
from handlers.wechat.endpoints.table import ENDPOINTS, find
from handlers.wechat.errors import AlreadyDone, WeChatError
from service.env_file import nearest
from service.settings import Outbound
from service.store import causes, orders
from service.store.credentials import CredentialKind
from service.store.engine import reading
from service.web.push import APPID

PATH = re.compile(r"/[A-Za-z0-9_/-]{1,200}")
LINE = "{name:<24} {method:<4} {path:<45} {token:<10} {does}"


def complete(begun: str) -> list[tuple[str, str]]:
    """Return the names that a beginning may become, with what they do."""
    return [(endpoint.name, endpoint.does) for endpoint in ENDPOINTS if endpoint.name.startswith(begun)]


def call(
    name: Annotated[
        str, typer.Argument(help="The last part of the endpoint's path; or GET, or POST.", autocompletion=complete)
    ] = "",
    path: Annotated[str, typer.Argument(help="After GET or POST: any path of WeChat's, such as /wxa/release.")] = "",
    appid: Annotated[str, typer.Option(help="The mini program that it is called for.")] = "",
    data: Annotated[str, typer.Option(help="Its parameters, as a JSON object; a file to upload by its path.")] = "{}",
    output: Annotated[Path | None, typer.Option(help="Where to write a file that WeChat answers with.")] = None,
    *,
    listing: Annotated[bool, typer.Option("--list", help="List all endpoints.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --list: one JSON object a line.")] = False,
) -> None:
    """Call any endpoint of WeChat's, and print its answer as one JSON object."""
    if listing:
        _list(as_json=as_json)
        return
    if as_json:
        raise WrongUsage("--json goes with --list; an answer is JSON anyway")
    wanted = understand(name, appid, data, output, path=path)
    with open_context(read_settings(Outbound), existing=True) as context:
        answer = carry_out(context, wanted)
        if not wanted.endpoint.safe:
            _keep(context, wanted)
        _print(answer.said)
        if answer.refused and answer.is_done:
            say_aside(answer.refused)
        elif answer.refused:
            raise CommandFailed("{said}", said=answer.refused)


def _keep(context: Context, wanted: "Wanted") -> None:
    """Keep who called what may have changed something."""
    with context.engine.begin() as connection:
        orders.keep(connection, "call", wanted.appid, wanted.endpoint.name, here(), now=context.now(connection))


class Wanted(NamedTuple):
    """What was asked for on the command line."""

    endpoint: Endpoint[Any, Any]
    fields: Mapping[str, Any]
    appid: str
    output: Path | None


class Answered(NamedTuple):
    """What WeChat said, and if it refused, why; `is_done` if because it was done before."""

    said: Mapping[str, Any]
    refused: str = ""
    is_done: bool = False


class AsGiven(Request):
    """Parameters that nobody looks at."""

    model_config = ConfigDict(frozen=True, extra="allow")


def understand(name: str, appid: str = "", data: str = "{}", output: Path | None = None, *, path: str = "") -> Wanted:
    """Read what was asked for.

    Raises WrongUsage.
    """
    endpoint = _raw(name.upper(), path, appid) if path else _endpoint(name)
    fields = _fields(endpoint, data)
    _check_options(endpoint, appid, output)
    return Wanted(endpoint, fields, appid, output)


def carry_out(context: Context, wanted: Wanted) -> Answered:
    """Call WeChat; a file that it answers with is written.

    Raises WrongUsage for parameters that do not fit, and CommandFailed without an answer of WeChat's.
    """
    request = _request(context, wanted)
    asked_at = context.clock()
    try:
        answer = context.wechat.call(wanted.endpoint, request, wanted.appid)
    except WeChatError as error:
        if error.code is None:
            raise CommandFailed("{said}", said=error.says(spoken())) from None
        answered = error.answer or {"errcode": error.code, "errmsg": error.text}
        return Answered(answered, error.says(spoken()), isinstance(error, AlreadyDone))
    _keep_tokens(context, request, answer, asked_at)
    if wanted.endpoint in (quota.clear_quota, quota.clear_quota_v2):
        _end_quotas(context)
    if isinstance(answer, File) and wanted.output:
        return Answered(_write(answer, wanted.output))
    return Answered(answer.model_dump(mode="json", exclude_unset=True))


def _end_quotas(context: Context) -> None:
    """Let go on what waits for a limit that was just reset."""
    us = context.settings.wechat_component_appid
    with context.engine.begin() as connection:
        now = context.now(connection)
        for held in causes.every(connection):
            if held.cause.kind in QUOTAS:
                telling.end(connection, context.credentials, us, held.cause.name, now=now, by="clear_quota")


def _write(answer: File, file: Path) -> Mapping[str, Any]:
    try:
        file.write_bytes(answer.content)
    except OSError as error:
        raise CommandFailed("{file} cannot be written: {error}", file=file, error=error.strerror) from None
    told = {"file": str(file), "bytes": len(answer.content), "content_type": answer.content_type}
    return {"errcode": 0, "errmsg": "ok", **told}


def _list(*, as_json: bool) -> None:
    rows = [
        {"name": endpoint.name, "method": endpoint.method, "path": endpoint.path, "token": endpoint.token.value}
        | {"does": endpoint.does, "page": endpoint.page, "codes": list(endpoint.codes)}
        for endpoint in ENDPOINTS
    ]
    for row in rows:
        if as_json:
            _print(row)
        else:
            print(LINE.format(**row))  # noqa: T201 the answer to what was asked


def _endpoint(name: str) -> Endpoint[Any, Any]:
    if not name:
        raise WrongUsage("which endpoint? weaudit call --list shows them all")
    endpoint = find(name)
    if endpoint:
        return endpoint
    if near := nearest(name.lower(), [each.name for each in ENDPOINTS]):
        raise WrongUsage(
            "there is no endpoint {name}; did you mean {near}? weaudit call --list shows them all",
            name=name,
            near=near,
        )
    raise WrongUsage("there is no endpoint {name}; weaudit call --list shows them all", name=name)


def _raw(method: str, path: str, appid: str) -> Endpoint[Any, Any]:
    """Make an endpoint of any path of WeChat's, called with the mini program's token, or else the platform's."""
    if method not in ("GET", "POST") or not PATH.fullmatch(path):
        raise WrongUsage("weaudit call NAME, or weaudit call GET /path, or weaudit call POST /path --data JSON")
    known = next((endpoint for endpoint in ENDPOINTS if (endpoint.method, endpoint.path) == (method, path)), None)
    if known:
        return known
    token = Token.AUTHORIZER if appid else Token.COMPONENT
    return Endpoint("GET" if method == "GET" else "POST", path, token, AsGiven, Reply, "any path", "")


def _fields(endpoint: Endpoint[Any, Any], data: str) -> dict[str, Any]:
    fields = json_object("--data", data, '{"auditid": 400000001}')
    if issubclass(endpoint.request, Upload) and isinstance(fields.get("media"), str):
        fields["media"] = _media(Path(fields["media"]))
    return fields


def _media(path: Path) -> Mapping[str, Any]:
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise WrongUsage("media: {path} cannot be read: {error}", path=repr(str(path)), error=error) from None
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return {"filename": path.name, "content": content, "content_type": content_type}


def _check_options(endpoint: Endpoint[Any, Any], appid: str, output: Path | None) -> None:
    if appid and not APPID.fullmatch(appid):
        raise WrongUsage("--appid is an appid, such as wx0123456789abcdef, not {appid!r}", appid=appid)
    if endpoint.token is Token.AUTHORIZER and not appid:
        raise WrongUsage("{name} is called for a mini program: --appid wx…", name=endpoint.name)
    if endpoint.token in (Token.COMPONENT, Token.NONE) and appid:
        raise WrongUsage("{name} is called for the platform, without --appid", name=endpoint.name)
    answers_file = issubclass(endpoint.answer, File)
    if answers_file and output is None:
        raise WrongUsage("{name} answers with a file: --output FILE", name=endpoint.name)
    if output is not None and not answers_file:
        raise WrongUsage("{name} answers with JSON and no file, without --output", name=endpoint.name)


def _keep_tokens(context: Context, request: Request, answer: Any, asked_at: float) -> None:
    """Keep tokens that were fetched by hand: WeChat soon takes no former ones, and a code is exchanged but once."""
    tokens = context.wechat.tokens
    if isinstance(answer, ComponentToken):
        tokens.keep_component(answer, asked_at)
    elif isinstance(request, AuthorizerTokenRequest):
        tokens.keep_authorizer(request.authorizer_appid, answer, asked_at, request.authorizer_refresh_token)
    elif isinstance(answer, Authorization):
        with context.engine.begin() as connection:
            tokens.adopt(connection, answer.authorization_info, asked_at)


def _request(context: Context, wanted: Wanted) -> Request:
    """Make the request; who the platform is need not be said, nor twice which mini program."""
    endpoint, fields = wanted.endpoint, wanted.fields
    known = {name: value for name, value in _ours(context).items() if name in endpoint.request.model_fields}
    if endpoint is quota.clear_quota and wanted.appid:
        known["appid"] = wanted.appid
    unknown = [] if endpoint.request is AsGiven else sorted(fields.keys() - endpoint.request.model_fields.keys())
    if unknown and not issubclass(endpoint.request, Upload):
        known_not = ", ".join(unknown)
        say_aside(
            said("--data: weaudit knows no {fields} of {name}; sent as it is", fields=known_not, name=endpoint.name)
        )
    try:
        request: Request = endpoint.request.model_validate(
            {**known, **{name: value for name, value in fields.items() if name not in unknown}}
        )
    except ValidationError as error:
        faults = [f"  {_place(fault['loc'])}{fault['msg'].removeprefix('Value error, ')}" for fault in error.errors()]
        said_faults = "\n".join(faults)
        raise WrongUsage("--data does not fit {name}:\n{faults}", name=endpoint.name, faults=said_faults) from None
    return AsGiven.model_validate({**request.fields(), **fields}) if unknown else request


def _place(location: tuple[int | str, ...]) -> str:
    return f"{'.'.join(map(str, location))}: " if location else ""


def _ours(context: Context) -> Mapping[str, str]:
    settings = context.settings
    secret = settings.wechat_component_secret.get_secret_value()
    with reading(context.engine) as connection:
        ticket = context.credentials.read(connection, CredentialKind.TICKET, settings.wechat_component_appid)
    known = {
        "component_appid": settings.wechat_component_appid,
        "component_appsecret": secret,
        "component_secret": secret,
        "appsecret": secret,
    }
    return known | {"component_verify_ticket": ticket.value} if ticket else known


def _print(said: Mapping[str, Any]) -> None:
    print(written(said))  # noqa: T201 the answer to what was asked
