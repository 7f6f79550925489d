"""`weaudit apps`: who authorizes the platform, or did."""

from handlers.commands.answering import Json, say, say_json, say_none
from handlers.commands.configured import read_settings
from handlers.commands.said import said
from service.settings import Inbound
from service.store import mini_programs
from service.store.engine import reading
from service.store.opened import open_existing


def apps(*, as_json: Json = False) -> None:
    """List the mini programs that authorize the platform, or did."""
    with open_existing(read_settings(Inbound)) as engine, reading(engine) as connection:
        known = mini_programs.every(connection)
    for each in known:
        if as_json:
            say_json(each._asdict())
            continue
        standing = said("authorized" if each.authorized else "took its authorization back")
        say(f"{each.appid}  {standing}  {each.nickname}  {each.user_name}")
    if not (known or as_json):
        say_none(said("no merchant has authorized the platform yet; a link: weaudit authorize-url --redirect URL"))
