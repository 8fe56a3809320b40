/** @file The largest score of each image, as what a gradient starts from. */
import type { GraphBuilder } from "../../../onnx/index.ts";

/**
 * A tensor like `scores` that is 1 at the largest number of each image, of those along an axis from `from` to `to`, and 0
 * elsewhere.
 * @param along dimensions behind `axis`, the last
 */
export function bestScore(
  g: GraphBuilder,
  scores: string,
  { size, from, to, last }: { size: number; from: number; to: number; last: boolean },
): string {
  const inside = g.constant({
    type: "bool",
    dims: last ? [size] : [size, 1],
    data: Uint8Array.from({ length: size }, (_, i) => Number(i >= from && i < to)),
  });
  const some = g.op("Where", [inside, scores, g.scalar(-3e38)]);
  const flat = g.op("Flatten", [some], { axis: { int: 1 } });
  return g.reshapeLike(g.oneHot(g.argMax(flat, 1), g.sizes(flat, [1]), -1), scores);
}
