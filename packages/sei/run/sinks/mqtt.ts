/** @file Answers to an MQTT broker: a message a line, at most once. */
import { setTimeout as sleep } from "node:timers/promises";
import { reasonOf } from "../../files/index.ts";
import { InputError } from "@split-et-impera/core/errors";
import { unescaped } from "../unescaped.ts";
import { Losses, urlOf, type Sink, type SinkKind } from "./sink.ts";

/** Where the URL names no topic. */
const defaultTopic = "sei/answers";
/** A broker that is there answers within; another one is waited for beside the frames. */
const patienceMilliseconds = 2000;

export const mqtt: SinkKind = {
  flag: {
    type: "string",
    valueHint: "URL",
    description: `answers to an MQTT broker: mqtt://HOST:1883/TOPIC (default topic: ${defaultTopic})`,
  },
  at(text) {
    const url = urlOf("mqtt", text, ["mqtt:", "mqtts:"]);
    const topic = topicOf(url);
    return (warn) => mqttSink(url, topic, warn);
  },
};

function topicOf({ pathname }: URL): string {
  const topic = unescaped(pathname.slice(1));
  if (topic === undefined)
    throw new InputError(
      "ERR_USAGE",
      `--mqtt: expected a topic as in a URL, with % as %25, got "${pathname.slice(1)}"`,
    );
  return topic || defaultTopic;
}

async function mqttSink(url: URL, topic: string, warn: (text: string) => void): Promise<Sink> {
  // Loaded late: few runs need it.
  const { connect } = await import("mqtt");
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
