"""`weaudit submit`: plan a version for one or many mini programs, and watch the workers carry it out."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from handlers.checking import APPID
from handlers.commands.answering import Json
from handlers.commands.configured import read_settings
from handlers.commands.desk import here
from handlers.commands.exit_status import CommandFailed, WrongUsage, say_aside
from handlers.commands.json_object import json_object
from handlers.commands.said import said, spoken
from handlers.commands.watch import Watch
from handlers.context import Context, open_context
from handlers.reviews import plans
from handlers.wechat.endpoints import authorization, templates
from handlers.wechat.endpoints.audit import SubmitAuditRequest
from handlers.wechat.endpoints.authorization import AuthorizerListRequest
from handlers.wechat.endpoints.code import CommitRequest
from handlers.wechat.endpoints.templates import TemplateListRequest
from handlers.wechat.errors import WeChatError
from service.settings import Outbound
from service.store import mini_programs, orders, reviews
from service.store.engine import reading
from service.store.reviews import Review

APPID_HERE = "$APPID$"
# Whatever else there is of submit_audit can be checked with it.
ANY_ITEM = {"first_class": "-", "first_id": 0, "second_class": "-", "second_id": 0}
WITHOUT_CODE = "{number} left out: official accounts, which have no code, and WeChat's own test accounts"
LISTED = "WeChat lists {number} more than weaudit knows: it learns them within the hour (`weaudit clock`)"
UNAUTHORIZED = "{appids}: took the authorization back; weaudit authorize-url --redirect URL makes a new link"
UNKNOWN = "{appids}: not known to weaudit; weaudit apps lists those that authorize the platform"


def submit(
    template: Annotated[
        int | None, typer.Option(min=0, help="The template's id; `weaudit call gettemplatelist` lists them.")
    ] = None,
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
    again: Annotated[bool, typer.Option("--again", help="Also what was submitted before.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Plan, and do not watch.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Show the newest plan again, and watch it.")] = False,
    as_json: Json = False,
) -> None:
    """Plan a template for mini programs; workers commit it, wait for the privacy check, and submit it for review.

    The command only watches. Ctrl-C stops the watching; what was submitted before is not submitted twice.
    """
    with open_context(read_settings(Outbound), existing=True) as context:
        if status and (appid or everyone or again or template is not None):
            raise WrongUsage(
                "--status shows the newest plan; it takes --detach (once, without watching) and --json alone"
            )
        if status:
            show = Watch(context, _newest_plan(context), as_json=as_json)
        else:
            chosen = _chosen(context, appid or [], everyone=everyone)
            wanted = _wanted(
                context,
                chosen,
                template=template,
                version=version,
                description=description,
                extension=_extension(_text(ext_json)),
            )
            plan = plans.plan(context, wanted, _audit_fields(_text(audit)), again=again)
            _keep(context, chosen, template)
            show = Watch(context, list(plan.rows.values()), plan.before, as_json=as_json)
        if not detach:
            show.until_all_are_in_review()
        show.read()
        show.results()
        if show.failed:
            raise typer.Exit(1)


def _keep(context: Context, chosen: Sequence[str], template: int | None) -> None:
    """Keep who ordered it."""
    whose = chosen[0] if len(chosen) == 1 else ""
    about = f"template {template}" + ("" if whose else f", {len(chosen)} mini programs")
    with context.engine.begin() as connection:
        orders.keep(connection, "submit", whose, about, here(), now=context.now(connection))


def _newest_plan(context: Context) -> Sequence[Review]:
    with reading(context.engine) as connection:
        newest = reviews.newest_plan(connection)
        rows = reviews.of_plan(connection, newest) if newest else []
    if not rows:
        raise CommandFailed("nothing was planned yet: weaudit submit --template ID --all")
    return rows


def _chosen(context: Context, appids: Sequence[str], *, everyone: bool) -> Sequence[str]:
    if appids and everyone:
        raise WrongUsage("which mini programs? Either --appid wx…, once or more often, or --all, not both")
    if not everyone:
        return _named(context, appids)
    with reading(context.engine) as connection:
        found = sorted(mini_programs.with_code(connection))
        authorized = len(mini_programs.authorized(connection))
    if left_out := authorized - len(found):
        say_aside(said(WITHOUT_CODE, number=left_out))
    if missing := _listed(context) - authorized:
        say_aside(said(LISTED, number=missing))
    if not found:
        raise CommandFailed(
            "weaudit knows no mini program that authorizes the platform. It learns them from WeChat within the hour, "
            "once `weaudit clock` (or `weaudit up`) runs and the first ticket has come; weaudit apps lists them"
        )
    return found


def _named(context: Context, appids: Sequence[str]) -> Sequence[str]:
    if not appids:
        raise WrongUsage("which mini programs? --appid wx…, once or more often, or --all")
    if odd := [appid for appid in appids if not APPID.fullmatch(appid)]:
        raise WrongUsage("{appids}: no appid, which is wx and sixteen letters or digits", appids=", ".join(odd))
    with reading(context.engine) as connection:
        known = {appid: mini_programs.find(connection, appid) for appid in appids}
    if gone := [appid for appid, found in known.items() if found and not found.authorized]:
        raise CommandFailed(UNAUTHORIZED, appids=", ".join(gone))
    if unknown := [appid for appid, found in known.items() if found is None]:
        say_aside(said(UNKNOWN, appids=", ".join(unknown)))
    return list(known)


def _listed(context: Context) -> int:
    """Return how many authorize the platform, as WeChat lists them; 0 if it does not answer."""
    us = context.wechat.tokens.component_appid
    request = AuthorizerListRequest(component_appid=us, count=1)
    try:
        return context.wechat.call(authorization.api_get_authorizer_list, request).total_count
    except WeChatError:
        return 0


def _wanted(
    context: Context,
    appids: Iterable[str],
    *,
    template: int | None,
    version: str,
    description: str,
    extension: str,
) -> Mapping[str, CommitRequest]:
    """Make what is committed; what was not given is the template's."""
    if template is None:
        raise WrongUsage("which template? --template ID; weaudit call gettemplatelist lists them")
    if not (version and description):
        try:
            library = context.wechat.call(templates.gettemplatelist, TemplateListRequest()).template_list
        except WeChatError as error:
            raise CommandFailed("{said}", said=error.says(spoken())) from None
        found = next((one for one in library if one.template_id == template), None)
        if found is None:
            none = "there is no template {template}; weaudit call gettemplatelist lists them"
            raise CommandFailed(none, template=template)
        version, description = version or found.user_version, description or found.user_desc
    try:
        commit = CommitRequest(template_id=template, ext_json=extension, user_version=version, user_desc=description)
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise WrongUsage("{said}", said=faults) from None
    return {appid: commit.model_copy(update={"ext_json": extension.replace(APPID_HERE, appid)}) for appid in appids}


def _text(given: str) -> str:
    if not given.startswith("@"):
        return given
    try:
        return Path(given[1:]).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise WrongUsage("{file} cannot be read: {error}", file=given[1:], error=error) from None


def _audit_fields(text: str) -> str:
    fields = json_object("--audit", text, '{"version_desc": "一杯茶"}')
    try:
        SubmitAuditRequest.model_validate({"item_list": [ANY_ITEM], **fields})
    except ValidationError as error:
        faults = [f"  {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise WrongUsage("--audit does not fit submit_audit:\n{faults}", faults="\n".join(faults)) from None
    return json.dumps(fields, ensure_ascii=False)


def _extension(text: str) -> str:
    json_object("--ext-json", text, '{"extAppid": "$APPID$", "ext": {}}')
    return text
