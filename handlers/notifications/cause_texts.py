"""What people are told when a cause begins to hold something up, and when it is gone, in Chinese and English."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from handlers.notifications.wording import About, Text, counted
from service.events.from_weaudit import Blocked, OfACause, Unblocked
from service.events.from_wechat import Data
from service.language import Language
from service.store.causes import is_pause


def _blocked_zh(data: Blocked, about: About) -> Text:
    title = f"{'仍' if data.reminder else ''}需要人工处理：{_whose(data, about)}{data.what_chinese}"
    waits = f"{data.mini_programs} 个小程序的 {data.holds_up} 项任务正在等待。"
    ends = "将在 {} 自动恢复" if is_pause(data.cause) else "额度将在 {} 重置，届时自动继续"
    until = f"{ends.format(about.waits_until)}。\n" if about.waits_until else ""
    after = f"处理后会自动继续；如需立即继续：weaudit unblock {data.cause}"
    act = f"{until}处理方法：{data.act_chinese}。\n{after}"
    said = f"{'原因' if is_pause(data.cause) else '微信返回'}：{data.reason}\n" if data.reason else ""
    return Text(title, f"{waits}\n{said}{act}", stays=act.count("\n") + 1)


def _blocked_en(data: Blocked, about: About) -> Text:
    title = f"{'Still n' if data.reminder else 'N'}eeds you: {_whose(data, about)}{data.what}"
    waits = f"{counted(data.holds_up, 'reaction')} of {counted(data.mini_programs, 'mini program')} wait for it."
    ends = "It ends at {}" if is_pause(data.cause) else "It is reset at {}"
    until = f"{ends.format(about.waits_until)}; then all goes on by itself.\n" if about.waits_until else ""
    after = f"Then all goes on by itself; at once with: weaudit unblock {data.cause}"
    act = f"{until}What to do: {data.act}.\n{after}"
    said = f"{'Why' if is_pause(data.cause) else 'WeChat'}: {data.reason}\n" if data.reason else ""
    return Text(title, f"{waits}\n{said}{act}", stays=act.count("\n") + 1)


def _unblocked_zh(data: Unblocked, about: About) -> Text:
    return Text(
        f"已恢复：{_whose(data, about)}{data.what_chinese}", f"{data.goes_on} 项等待的任务已自动继续，无需操作。"
    )


def _unblocked_en(data: Unblocked, about: About) -> Text:
    return Text(
        f"Over: {_whose(data, about)}{data.what}",
        f"{counted(data.goes_on, 'reaction')} that waited go on; nothing to do.",
    )


def _whose(data: OfACause, about: About) -> str:
    return f"{about.app}: " if about.appid in data.cause else ""


WRITERS: Mapping[type[Data], Mapping[Language, Callable[..., Text]]] = MappingProxyType(
    {
        Blocked: {"zh": _blocked_zh, "en": _blocked_en},
        Unblocked: {"zh": _unblocked_zh, "en": _unblocked_en},
    }
)
