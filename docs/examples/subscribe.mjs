// Subscribe to rejections with amqplib, from Node: npm install amqplib && node subscribe.mjs [amqp://…]
import amqp from "amqplib";

const connection = await amqp.connect(process.argv[2] ?? "amqp://guest:guest@127.0.0.1:5672/%2f");
const channel = await connection.createChannel();
// Durable, and a name of your own: what is published while you are away waits for you.
await channel.assertQueue("shop-rejections", { durable: true });
await channel.bindQueue("shop-rejections", "wechat.events", "weapp_audit_fail.*");
await channel.prefetch(20);

await channel.consume("shop-rejections", (delivery) => {
  const message = JSON.parse(delivery.content.toString());
  // It may come twice. Keep the ids that you have dealt with, in the transaction in which you deal with them.
  for (const reason of message.data.reasons) {
    console.log(message.id, message.subject, reason.title, ...reason.details);
  }
  channel.ack(delivery);
});
