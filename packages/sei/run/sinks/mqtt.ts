/** @file Answers to an MQTT broker: a message a line, at most once. */
import { setTimeout as sleep } from "node:timers/promises";
import { reasonOf } from "../../files/index.ts";
import { Losses, type Sink } from "./sink.ts";

/** Where the URL names no topic. */
export const defaultTopic = "sei/answers";
/** A broker that is there answers within; another one is waited for beside the frames. */
const patienceMilliseconds = 2000;

/** @param url its path is the topic */
export async function mqttSink(url: URL, warn: (text: string) => void): Promise<Sink> {
  // Loaded late: few runs need it.
  const { connect } = await import("mqtt");
  const topic = decodeURIComponent(url.pathname.slice(1)) || defaultTopic;
  const broker = new URL(url);
  broker.pathname = "";
  const client = connect(broker.href, { reconnectPeriod: 1000, queueQoSZero: false });
  const losses = new Losses(broker.host, "answers", warn);
  let reason = "no MQTT broker answers there";
  client.on("error", (error) => (reason = reasonOf(error)));
  const settled = new Promise<void>((resolve) => {
    client.once("connect", () => resolve());
    client.once("close", () => resolve());
  });
  await Promise.race([settled, sleep(patienceMilliseconds, undefined, { ref: false })]);
  return {
    name: broker.host,
    get lost() {
      return losses.count;
    },
    write: (text) => void client.publish(topic, text.trimEnd(), { qos: 0 }, (error) => error && losses.add(1, reason)),
    close: () => client.endAsync(!client.connected),
  };
}
