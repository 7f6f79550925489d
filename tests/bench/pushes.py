"""Sealed pushes, each another, as WeChat sends them: for a load of wrk's, and for what decodes them."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from crypto.envelope import aes_key, seal
from crypto.signature import sign
from tests.conftest import COMPONENT, KEY, TOKEN

REASON = (
    "1:账号信息不符合规范:<br>(1):包含色情因素<br>"
    "2:服务类目不一致:<br>(1):功能页面设置的部分标签不属于所选的服务类目范围。<br>"
)
TEXT = (
    "<xml><ToUserName><![CDATA[gh_fb9688c2a4b2]]></ToUserName><FromUserName><![CDATA[od1P50M-fNQI5Gcq-trm4a7apsU8]]>"
    "</FromUserName><CreateTime>{time}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event>"
    "<![CDATA[weapp_audit_fail]]></Event><Reason><![CDATA[{reason}]]></Reason><FailTime>{time}</FailTime></xml>"
)
NOW = 1_790_000_000
# Each of wrk's threads takes every second one; what it has sent all of, it sends again.
SCRIPT = """
local requests, number, turn = {}, 0, 0
function setup(thread)
  turn = turn + 1
  thread:set("mine", turn)
end
function init(args)
  for line in io.lines("FILE") do
    number = number + 1
    if number % 2 == mine % 2 then requests[#requests + 1] = line:gsub("~", "\\r\\n") end
  end
  number = 0
end
function request()
  number = number % #requests + 1
  return requests[number]
end
PAUSE
"""


def made(number: int) -> Iterator[tuple[dict[str, str], str]]:
    """Make pushes: query and body."""
    key = aes_key(KEY)
    for n in range(number):
        sealed = seal(TEXT.format(time=NOW + n, reason=REASON).encode(), key, COMPONENT)
        timestamp, nonce = str(NOW), str(n)
        signature = sign(TOKEN, timestamp, nonce)
        signed = sign(TOKEN, timestamp, nonce, sealed)
        query = {"signature": signature, "timestamp": timestamp, "nonce": nonce, "encrypt_type": "aes"}
        body = f"<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        yield {**query, "msg_signature": signed}, body


def write(folder: Path, number: int) -> Path:
    """Write requests, a line each, for wrk."""
    path = folder / "requests.txt"
    with path.open("w") as file:
        for n, (query, body) in enumerate(made(number)):
            head = (
                f"POST /callback/message/wx{n % 3000:016d}?{urlencode(query)} HTTP/1.1~Host: x~Content-Type: text/xml"
            )
            file.write(f"{head}~Content-Length: {len(body)}~~{body}\n")
    return path


def script(folder: Path, requests: Path, pause: float = 0.0) -> Path:
    """Write the script for wrk; each connection pauses about so many milliseconds before each request."""
    path = folder / f"load-{pause:.0f}.lua"
    delay = f"function delay() return math.floor(-{pause} * math.log(1 - math.random())) end" if pause else ""
    path.write_text(SCRIPT.replace("FILE", str(requests)).replace("PAUSE", delay))
    return path


def for_peers(number: int) -> str:
    """Give pushes, and what opens them, as JSON."""
    pushes = [(query, body) for query, body in made(number)]
    return json.dumps({"token": TOKEN, "key": KEY, "appid": COMPONENT, "pushes": pushes})
