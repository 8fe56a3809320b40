/** @file Where answers go beside the terminal: a file, a webhook, an MQTT broker. */
import { InputError } from "@split-et-impera/core/errors";
import type { FrameLine } from "../line.ts";
import { fileSink } from "./file.ts";
import { defaultTopic, mqttSink } from "./mqtt.ts";
import type { Sink } from "./sink.ts";
import { webhookSink } from "./webhook.ts";

export { defaultTopic };

export interface Sinks extends AsyncDisposable {
  /** Never waits: what cannot keep up or is not there loses lines, and says so. */
  write(line: FrameLine): void;
  /**
   * Waits for what is still on its way, and says what was lost.
   * @throws InputError `ERR_OUTPUT` where the file has not all lines
   */
  end(): Promise<void>;
}

/**
 * @param warn told of each sink when it loses the first line, and how many it lost in the end
 * @throws InputError `ERR_OUTPUT` where the file cannot be written, `ERR_USAGE` where a URL is none
 */
export async function openSinks(
  { out, webhook, mqtt }: { out?: string | undefined; webhook?: string | undefined; mqtt?: string | undefined },
  warn: (text: string) => void,
): Promise<Sinks> {
  const post = webhook === undefined ? undefined : urlOf("webhook", webhook, ["http:", "https:"]);
  const broker = mqtt === undefined ? undefined : urlOf("mqtt", mqtt, ["mqtt:", "mqtts:"]);
  const file = out === undefined ? undefined : await fileSink(out, warn);
  const others: Sink[] = [
    ...(post ? [webhookSink(post, warn)] : []),
    ...(broker ? [await mqttSink(broker, warn)] : []),
  ];
  const all = [...(file ? [file] : []), ...others];
  const close = async (): Promise<void> => {
    await Promise.all(all.splice(0).map((sink) => sink.close()));
  };
  return {
    write(line) {
      if (all.length === 0) return;
      const text = `${JSON.stringify(line)}\n`;
      for (const sink of all) sink.write(text);
    },
    async end() {
      await close();
      for (const sink of others) if (sink.lost > 0) warn(lostText(sink));
      if (file && file.lost > 0) throw new InputError("ERR_OUTPUT", lostText(file));
    },
    [Symbol.asyncDispose]: close,
  };
}

const lostText = ({ name, lost }: Sink): string => `${name}: ${lost} answers were lost`;

function urlOf(flag: string, text: string, protocols: readonly string[]): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !protocols.includes(url.protocol))
    throw new InputError(
      "ERR_USAGE",
      `--${flag}: expected ${protocols.map((one) => `${one}//...`).join(" or ")}, got "${text}"`,
    );
  return url;
}
