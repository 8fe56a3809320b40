/** @file Placements of the model itself, and the designs that are made of them. */
import type { DesignResult, PlacementName } from "./result.ts";

/** `SC@pool3 uint8`, `RC raw`, `LC`: the name of its designs without the transport. */
export function placementName({ kind, cut, codec }: PlacementName): string {
  return [cut === undefined ? kind : `${kind}@${cut}`, codec].filter(Boolean).join(" ");
}

/** The designs that do what a placement says; with another cut, codec or with a bottleneck they are others. */
export function designsAt<T extends Pick<DesignResult, "kind" | "cut" | "codec" | "bottleneck">>(
  { kind, cut, codec }: PlacementName,
  designs: readonly T[],
): T[] {
  return designs.filter(
    (design) => design.kind === kind && design.cut === cut && design.codec === codec && design.bottleneck === undefined,
  );
}
