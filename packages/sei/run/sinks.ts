/** @file Where answers go beside the terminal: a file, a webhook, an MQTT broker. */
import { createWriteStream, type WriteStream } from "node:fs";
import { InputError } from "@split-et-impera/core/errors";
import { reasonOf } from "../files/index.ts";
import type { FrameLine } from "./line.ts";

export interface Sinks extends AsyncDisposable {
  /** Never waits: what cannot keep up or is not there loses lines, and says so once. */
  write(line: FrameLine): void;
}

interface Sink {
  write(text: string): void;
  close(): Promise<void>;
}

/** Lines that wait for a webhook or a broker at most. */
const mostWaiting = 1000;

/**
 * @param warn told once of each sink that loses lines
 * @throws InputError `ERR_OUTPUT` where the file cannot be written, `ERR_USAGE` where a URL is none
 */
export async function openSinks(
  { out, webhook, mqtt }: { out?: string | undefined; webhook?: string | undefined; mqtt?: string | undefined },
  warn: (text: string) => void,
): Promise<Sinks> {
  const sinks: Sink[] = [];
  if (out !== undefined) sinks.push(await openFile(out, warn));
  if (webhook !== undefined) sinks.push(openWebhook(urlOf("webhook", webhook, ["http:", "https:"]), warn));
  if (mqtt !== undefined) sinks.push(await openMqtt(urlOf("mqtt", mqtt, ["mqtt:", "mqtts:"]), warn));
  return {
    write(line) {
      if (sinks.length === 0) return;
      const text = `${JSON.stringify(line)}\n`;
      for (const sink of sinks) sink.write(text);
    },
    async [Symbol.asyncDispose]() {
      for (const sink of sinks) await sink.close();
    },
  };
}

function urlOf(flag: string, text: string, protocols: readonly string[]): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !protocols.includes(url.protocol))
    throw new InputError(
      "ERR_USAGE",
      `--${flag}: expected ${protocols.map((one) => `${one}//...`).join(" or ")}, got "${text}"`,
    );
  return url;
}

/** Tells a thing once. */
function once(warn: (text: string) => void): (text: string) => void {
  let told = false;
  return (text) => {
    if (!told) warn(text);
    told = true;
  };
}

async function openFile(path: string, warn: (text: string) => void): Promise<Sink> {
  const stream: WriteStream = createWriteStream(path, { flags: "a" });
  await new Promise<void>((resolve, reject) => {
    stream.once("open", () => resolve());
    stream.once("error", (error) =>
      reject(new InputError("ERR_OUTPUT", `${path}: cannot be written: ${reasonOf(error)}`, { cause: error })),
    );
  });
  const tell = once(warn);
  stream.on("error", (error) => tell(`${path}: answers are lost: ${reasonOf(error)}`));
  return {
    write: (text) => void stream.write(text),
    close: () => new Promise((resolve) => (stream.destroyed ? resolve() : stream.end(() => resolve()))),
  };
}

/** One request at a time, with all lines that came since the last one. */
function openWebhook(url: URL, warn: (text: string) => void): Sink {
  const tell = once(warn);
  let waiting: string[] = [];
  let sending: Promise<void> | undefined;
  const send = async (): Promise<void> => {
    while (waiting.length > 0) {
      const body = waiting.join("");
      waiting = [];
      try {
        const answer = await fetch(url, {
          method: "POST",
          headers: { "content-type": "application/x-ndjson" },
          body,
          signal: AbortSignal.timeout(5000),
        });
        await answer.arrayBuffer();
        if (!answer.ok) tell(`${url.href}: answers are lost: HTTP ${answer.status}`);
      } catch (error) {
        tell(`${url.href}: answers are lost: ${reasonOf((error as Error).cause ?? error)}`);
      }
    }
    sending = undefined;
  };
  return {
    write(text) {
      if (waiting.length >= mostWaiting) {
        waiting.shift();
        tell(`${url.href}: answers come faster than they are taken; the oldest are left out`);
      }
      waiting.push(text);
      sending ??= send();
    },
    close: () => sending ?? Promise.resolve(),
  };
}

/** The path of the URL is the topic; a message a line, at most once. */
async function openMqtt(url: URL, warn: (text: string) => void): Promise<Sink> {
  // Loaded late: few runs need it.
  const { connect } = await import("mqtt");
  const tell = once(warn);
  const topic = decodeURIComponent(url.pathname.slice(1)) || "sei/answers";
  const broker = new URL(url);
  broker.pathname = "";
  const client = connect(broker.href, { reconnectPeriod: 1000, queueQoSZero: false });
  client.on("error", (error) => tell(`${broker.host}: answers are lost: ${reasonOf(error)}`));
  client.on("offline", () => tell(`${broker.host}: no MQTT broker answers; answers are lost until one does`));
  return {
    write: (text) => void client.publish(topic, text.trimEnd(), { qos: 0 }),
    close: () => client.endAsync(!client.connected),
  };
}
