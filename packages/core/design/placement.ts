/** @file Placements of the model itself, and the designs that are made of them. */
import { kindOf, wordsOf, type Design } from "./design.ts";
import type { PlacementName } from "./result.ts";

/** `SC@pool3 uint8`, `RC raw`, `LC`: the name of its designs without the transport. */
export function placementName({ kind, cut, codec }: PlacementName): string {
  return [cut === undefined ? kind : `${kind}@${cut}`, codec].filter(Boolean).join(" ");
}

/** The designs that do what a placement says; with another cut, codec or with a bottleneck they are others. */
export function designsAt<T extends Design>(placement: PlacementName, designs: readonly T[]): T[] {
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
