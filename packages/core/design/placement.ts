/** @file Placements of the model itself, and the designs that are made of them. */
import { carriesCapture, codecName, crossingCut, cutName, kindOf, wordsOf, type Design } from "./design.ts";
import type { PlacementName } from "./result.ts";

/** `SC@pool3 uint8`, `RC raw`, `LC`: the name of its designs without the transport; of more than two hosts, with those that run it. */
export function placementName({ kind, cut, codec, hosts, input }: PlacementName): string {
  const where = hosts && kind !== "LC" ? `on ${hosts.join(", ")}` : undefined;
  if (cut === undefined) return [kind, codec, where].filter(Boolean).join(" ");
  const crossed = cut.split(" + ").map((one) => [one, codec].filter(Boolean).join(" "));
  return [input && `RC ${input} +`, `${kind}@${crossed.join(" + ")}`, where].filter(Boolean).join(" ");
}

/** The designs that do what a placement says; with another cut, codec or with a bottleneck they are others. */
export function designsAt<T extends Design>(placement: PlacementName, designs: readonly T[]): T[] {
  if (placement.hosts) return designs.filter((design) => placementName(placement) === overHosts(design));
  return designs.filter((design) => {
    const { cut, codec, bottleneck } = wordsOf(design);
    return (
      kindOf(design) === placement.kind &&
      cut === placement.cut &&
      codec === placement.codec &&
      bottleneck === undefined
    );
  });
}

/** The name of a design's placement, where all its cuts have one codec and none a bottleneck. */
function overHosts(design: Design): string | undefined {
  const { segments, crossings } = design;
  const kind = kindOf(design);
  if (kind === "EE" || crossings.some(({ bottleneck }) => bottleneck)) return undefined;
  const codecOf = ({ codec }: Design["crossings"][number]): string => codecName({ ...codec, order: undefined });
  const captured = crossings.find((one) => carriesCapture(design, one));
  const cuts = crossings.filter((one) => one !== captured);
  const [codec, ...others] = new Set(cuts.map(codecOf));
  if (others.length > 0) return undefined;
  return placementName({
    kind,
    hosts: segments.map(({ host }) => host),
    ...(cuts.length > 0
      ? {
          cut: cuts.map((one) => cutName(crossingCut(design, one))).join(" + "),
          codec: codec!,
          ...(captured && { input: codecOf(captured) }),
        }
      : captured && { codec: codecOf(captured) }),
  });
}
