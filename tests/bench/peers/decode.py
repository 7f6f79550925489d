"""How long wechatpy takes to decrypt and parse a push. Runs in an environment of its own."""

import json
import sys
import time

from wechatpy.crypto import WeChatCrypto
from wechatpy.parser import parse_message

asked = json.load(sys.stdin)
crypto = WeChatCrypto(asked["token"], asked["key"], asked["appid"])
began = time.perf_counter()
for query, body in asked["pushes"]:
    parse_message(crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"]))
print((time.perf_counter() - began) / len(asked["pushes"]))  # noqa: T201 the answer
