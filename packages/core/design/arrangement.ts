/** @file The designs that a study spans. */
import type { BottleneckOptions, ExploreOptions } from "../study/index.ts";

/** What runs where and what crosses the link, without the transport. */
export type Arrangement =
  | { kind: "LC" }
  | { kind: "RC"; input: ExploreOptions["inputs"][number] }
  | { kind: "SC"; cut: string; codec: ExploreOptions["codecs"][number]; bottleneck?: BottleneckOptions };

export type TransportName = ExploreOptions["transports"][number];

/** A short unique name: `LC`, `RC jpeg-90`, `SC@pool3 uint8 64x`. */
export function arrangementName(arrangement: Arrangement): string {
  switch (arrangement.kind) {
    case "LC":
      return "LC";
    case "RC":
      return `RC ${inputName(arrangement.input)}`;
    default: {
      const { cut, codec, bottleneck } = arrangement;
      return `SC@${cut} ${codec}${bottleneck ? ` ${bottleneck.compression}x` : ""}`;
    }
  }
}

export function inputName({ format, quality }: ExploreOptions["inputs"][number]): string {
  return quality === undefined ? format : `${format}-${quality}`;
}

/** Every arrangement to evaluate: the baselines first, then the cuts in the model's order. */
export function arrangements(explore: ExploreOptions, cuts: readonly string[]): Arrangement[] {
  const { scenarios, inputs, codecs, bottlenecks, plain } = explore;
  const found: Arrangement[] = [];
  if (scenarios.includes("LC")) found.push({ kind: "LC" });
  if (scenarios.includes("RC")) for (const input of inputs) found.push({ kind: "RC", input });
  if (scenarios.includes("SC")) {
    for (const cut of cuts) {
      for (const bottleneck of [...(plain ? [undefined] : []), ...bottlenecks]) {
        for (const codec of codecs) found.push({ kind: "SC", cut, codec, ...(bottleneck && { bottleneck }) });
      }
    }
  }
  return found;
}
