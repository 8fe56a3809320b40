/** @file Where answers go beside the terminal, by the flag that asks for it. */
import { InputError } from "@split-et-impera/core/errors";
import type { FrameLine } from "../line.ts";
import { file } from "./file.ts";
import { mqtt } from "./mqtt.ts";
import type { Sink, SinkKind } from "./sink.ts";
import { webhook } from "./webhook.ts";

const sinkKinds = { out: file, webhook, mqtt } satisfies Record<string, SinkKind>;
type SinkFlag = keyof typeof sinkKinds;
const names = Object.keys(sinkKinds) as SinkFlag[];

/** Those of `sei run`. */
export const sinkFlags = Object.fromEntries(names.map((name) => [name, sinkKinds[name].flag])) as Record<
  SinkFlag,
  SinkKind["flag"]
>;

export interface Sinks extends AsyncDisposable {
  /** Never waits: what cannot keep up or is not there loses lines, and says so. */
  write(line: FrameLine): void;
  /**
   * Waits for what is still on its way, and says what was lost.
   * @throws InputError `ERR_OUTPUT` where one that is to be whole has not all lines
   */
  end(): Promise<void>;
}

/**
 * @param given by flag
 * @param warn told of each sink when it loses the first line, and how many it lost in the end
 * @throws InputError as {@link SinkKind.at} does, before any is opened, and as they are opened
 */
export async function openSinks(
  given: Partial<Record<SinkFlag, string | undefined>>,
  warn: (text: string) => void,
): Promise<Sinks> {
  const wanted = names.flatMap((name) => {
    const { [name]: text } = given;
    const kind: SinkKind = sinkKinds[name];
    return text === undefined ? [] : [{ whole: kind.whole === true, open: kind.at(text) }];
  });
  const all: { whole: boolean; sink: Sink }[] = [];
  for (const { whole, open } of wanted) all.push({ whole, sink: await open(warn) });
  const close = async (): Promise<void> => {
    await Promise.all(all.splice(0).map(({ sink }) => sink.close()));
  };
  return {
    write(line) {
      if (all.length === 0) return;
      const text = `${JSON.stringify(line)}\n`;
      for (const { sink } of all) sink.write(text);
    },
    async end() {
      const ended = [...all];
      await close();
      const lossy = ended.filter(({ sink }) => sink.lost > 0);
      for (const { whole, sink } of lossy) if (!whole) warn(lostText(sink));
      const holed = lossy.find(({ whole }) => whole);
      if (holed) throw new InputError("ERR_OUTPUT", lostText(holed.sink));
    },
    [Symbol.asyncDispose]: close,
  };
}

const lostText = ({ name, lost }: Sink): string => `${name}: ${lost} answers were lost`;
