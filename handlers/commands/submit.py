"""`weaudit submit`: a template, for one or many mini programs, committed and submitted for review."""

import json
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from handlers.commands.exit_status import CommandFailed, WrongUsage, read_settings, told_plainly
from handlers.context import Context, open_context
from handlers.reviews import fleet
from handlers.reviews.driver import Wish
from handlers.reviews.fleet import ALREADY, SUBMITTED, Result
from handlers.wechat.endpoints import templates
from handlers.wechat.endpoints.audit import SubmitAuditRequest
from handlers.wechat.endpoints.code import CommitRequest
from handlers.wechat.endpoints.templates import TemplateListRequest
from handlers.wechat.errors import WeChatError
from service.settings import Outbound
from service.store import mini_programs
from service.store.engine import reading

HEAD = f"{'mini program':<18}  {'result':<16}  review, or reason"
APPID_HERE = "$APPID$"
# Whatever else there is of submit_audit can be checked with it.
ANY_ITEM = {"first_class": "-", "first_id": 0}


def submit(
    template: Annotated[int, typer.Option(min=0, help="The template's id; `weaudit call gettemplatelist` lists them.")],
    appid: Annotated[list[str] | None, typer.Option(help="A mini program; may be repeated.")] = None,
    *,
    everyone: Annotated[bool, typer.Option("--all", help="Every mini program that authorizes the platform.")] = False,
    version: Annotated[str, typer.Option(help="user_version; the template's, if not given.")] = "",
    description: Annotated[str, typer.Option(help="user_desc; the template's, if not given.")] = "",
    ext_json: Annotated[
        str, typer.Option(help="ext_json, or @FILE; $APPID$ in it becomes the mini program's appid.")
    ] = '{"extAppid": "$APPID$"}',
    audit: Annotated[
        str, typer.Option(help="Fields of submit_audit as JSON, or @FILE; without item_list, one is made of the pages.")
    ] = "{}",
    parallel: Annotated[int, typer.Option(min=1, max=32, help="How many mini programs at once.")] = 4,
    again: Annotated[bool, typer.Option("--again", help="Also what was submitted before.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Commit a template to mini programs, wait for WeChat's privacy check, and submit it for review.

    It can be stopped and run again: what was submitted before is not submitted twice.
    """
    with told_plainly():
        if bool(appid) == everyone:
            raise WrongUsage("which mini programs? --appid wx…, once or more often, or --all")
        extension, fields = _extension(_text(ext_json)), _audit_fields(_text(audit))
        with open_context(read_settings(Outbound)) as context:
            chosen = list(dict.fromkeys(appid or _authorized(context)))
            commit = _commit(context, template, version, description, extension)

            def wish_for(one: str) -> Wish:
                own = commit.model_copy(update={"ext_json": commit.ext_json.replace(APPID_HERE, one)})
                return Wish(own, audit=fields, again=again)

            results = _run(context, chosen, wish_for, parallel)
            with reading(context.engine) as connection:
                names = {app.appid: app.nickname for app in mini_programs.every(connection)}
    if not as_json:
        print(HEAD)  # noqa: T201 the answer
    for result in results:
        name = names.get(result.appid, "")
        print(json.dumps(result.as_row(), ensure_ascii=False) if as_json else line(result, name))  # noqa: T201 the answer
    if any(result.result not in (SUBMITTED, ALREADY) for result in results):
        raise typer.Exit(1)


def line(result: Result, nickname: str = "") -> str:
    """Write what happened to a mini program for people."""
    review = f"review {result.auditid}" if result.auditid else ""
    what = "; ".join(part for part in (review, result.reason) if part)
    return f"{result.appid:<18}  {result.result:<16}  {what}  {nickname}".rstrip()


def _text(given: str) -> str:
    if not given.startswith("@"):
        return given
    try:
        return Path(given[1:]).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise WrongUsage(f"{given[1:]} cannot be read: {error}") from None


def _extension(text: str) -> str:
    try:
        is_object = isinstance(json.loads(text), dict)
    except ValueError as error:
        raise WrongUsage(f"--ext-json is no JSON: {error}") from None
    if not is_object:
        raise WrongUsage('--ext-json is a JSON object, such as {"extAppid": "$APPID$", "ext": {}}')
    return text


def _audit_fields(text: str) -> Mapping[str, Any]:
    try:
        fields = json.loads(text)
        SubmitAuditRequest.model_validate({"item_list": [ANY_ITEM], **fields})
    except ValidationError as error:
        faults = [f"  {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise WrongUsage("\n".join(["--audit does not fit submit_audit:", *faults])) from None
    except (ValueError, TypeError) as error:
        raise WrongUsage(f"--audit is no JSON object: {error}") from None
    return dict(fields)


def _authorized(context: Context) -> list[str]:
    with reading(context.engine) as connection:
        known = sorted(mini_programs.authorized(connection))
    if not known:
        raise CommandFailed("no mini program authorizes the platform; weaudit apps lists those that are known")
    return known


def _commit(context: Context, template: int, version: str, description: str, extension: str) -> CommitRequest:
    """Make what is committed; what was not given is the template's."""
    if not (version and description):
        try:
            library = context.wechat.call(templates.gettemplatelist, TemplateListRequest()).template_list
        except WeChatError as error:
            raise CommandFailed(str(error)) from None
        found = next((one for one in library if one.template_id == template), None)
        if found is None:
            raise CommandFailed(f"there is no template {template}; weaudit call gettemplatelist lists them")
        version, description = version or found.user_version, description or found.user_desc
    try:
        return CommitRequest(template_id=template, ext_json=extension, user_version=version, user_desc=description)
    except ValidationError as error:
        raise WrongUsage("; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())) from None


def _run(context: Context, chosen: Sequence[str], wish_for: Callable[[str], Wish], parallel: int) -> Sequence[Result]:
    stop = threading.Event()
    columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with _stopped_by_ctrl_c(stop), Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=len(chosen))

        def on_result(result: Result) -> None:
            progress.update(task, advance=1, description=f"{result.appid} {result.result}")

        return fleet.submit_all(context, chosen, wish_for, parallel=parallel, stop=stop, on_result=on_result)


@contextmanager
def _stopped_by_ctrl_c(stop: threading.Event) -> Iterator[None]:
    """Let Ctrl-C end what is under way in order: calls that were begun are ended and written down."""
    former = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
