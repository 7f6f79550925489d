"""Subscribe to rejections with pika, from any program in Python: python subscribe.py [amqp://…]."""

import json
import sys

import pika

url = sys.argv[1] if len(sys.argv) > 1 else "amqp://guest:guest@127.0.0.1:5672/%2f"
connection = pika.BlockingConnection(pika.URLParameters(url))
channel = connection.channel()
# Durable, and a name of your own: what is published while you are away waits for you.
channel.queue_declare("shop-rejections", durable=True)
channel.queue_bind("shop-rejections", "wechat.events", "weapp_audit_fail.*")
channel.basic_qos(prefetch_count=20)

for method, _, body in channel.consume("shop-rejections"):
    message = json.loads(body)
    # It may come twice. Keep the ids that you have dealt with, in the transaction in which you deal with them.
    for reason in message["data"]["reasons"]:
        print(message["id"], message["subject"], reason["title"], *reason["details"], flush=True)  # noqa: T201
    channel.basic_ack(method.delivery_tag)
