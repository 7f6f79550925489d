"""What people build today: Flask, wechatpy, a Celery task on the same RabbitMQ. Runs in an environment of its own."""

import os

from celery import Celery
from flask import Flask, request
from wechatpy.crypto import WeChatCrypto
from wechatpy.parser import parse_message

app = Flask(__name__)
queue = Celery(broker=os.environ["BENCH_BROKER"])
crypto = WeChatCrypto(os.environ["BENCH_TOKEN"], os.environ["BENCH_KEY"], os.environ["BENCH_APPID"])


@app.post("/callback/message/<appid>")
def receive(appid: str) -> str:
    """Take a push, and hand it to a task."""
    query = request.args
    xml = crypto.decrypt_message(request.data, query["msg_signature"], query["timestamp"], query["nonce"])
    message = parse_message(xml)
    queue.send_task("react", args=[appid, message.type, xml.decode() if isinstance(xml, bytes) else xml])
    return "success"
