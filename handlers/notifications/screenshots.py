"""Screenshots of rejections: fetched from WeChat as well as it goes, because some of them it does not give."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import structlog

from handlers.context import Context
from handlers.wechat.endpoints import material
from handlers.wechat.endpoints.material import MaterialRequest
from handlers.wechat.errors import WeChatError
from service.events.from_wechat import AuditFail
from service.events.message import Message

log = structlog.get_logger(__name__)

MOST_OF_ONE = 3
MOST = 9


class Pictures:
    """The pictures for one telling, each fetched once into a folder."""

    def __init__(self, context: Context, folder: Path) -> None:
        """Take the way to WeChat and the folder."""
        self._context = context
        self._folder = folder
        self._fetched: dict[tuple[str, str], Path | None] = {}

    def of(self, told: Iterable[Message]) -> Sequence[Path]:
        """Return the screenshots of the rejections among some messages; what cannot be had is left out."""
        wanted = [
            (message.subject, media_id)
            for message in told
            if isinstance(message.data, AuditFail)
            for media_id in message.data.screenshots[:MOST_OF_ONE]
        ]
        for each in wanted[:MOST]:
            if each not in self._fetched:
                self._fetched[each] = self._fetch(*each)
        return [picture for each in wanted[:MOST] if (picture := self._fetched[each])]

    def _fetch(self, appid: str, media_id: str) -> Path | None:
        try:
            shot = self._context.wechat.call(material.get_material, MaterialRequest(media_id=media_id), appid)
        except WeChatError as error:
            log.warning("screenshot.not_fetched", appid=appid, error=str(error))
            return None
        ending = shot.content_type.partition(";")[0].rpartition("/")[2] or "jpeg"
        picture = self._folder / f"{len(self._fetched) + 1}-{appid}.{ending}"
        picture.write_bytes(shot.content)
        return picture
