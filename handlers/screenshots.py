"""Screenshots of rejections: fetched from WeChat as well as it goes, because some of them it does not give."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import structlog

from handlers.context import Context
from handlers.wechat import material
from handlers.wechat.errors import WeChatError
from handlers.wechat.material import MaterialRequest
from service.kinds import AuditFail
from service.messages import Message

log = structlog.get_logger(__name__)

MOST_OF_ONE = 3
MOST = 9


def fetch(context: Context, told: Iterable[Message], folder: Path) -> Sequence[Path]:
    """Fetch the screenshots of the rejections among some messages into a folder; what cannot be had is left out."""
    wanted = [
        (message.subject, media_id)
        for message in told
        if isinstance(message.data, AuditFail)
        for media_id in message.data.screenshots[:MOST_OF_ONE]
    ]
    pictures = []
    for place, (appid, media_id) in enumerate(wanted[:MOST], 1):
        try:
            shot = context.wechat.call(material.get_material, MaterialRequest(media_id=media_id), appid)
        except WeChatError as error:
            log.warning("screenshot.not_fetched", appid=appid, error=str(error))
            continue
        ending = shot.content_type.partition(";")[0].rpartition("/")[2] or "jpeg"
        picture = folder / f"{place}-{appid}.{ending}"
        picture.write_bytes(shot.content)
        pictures.append(picture)
    return pictures
