/** @file What the capturing host needs of every frame. */
import type { Deployment, Port } from "./deployment.ts";

/** What the first segment takes, and what else is captured: tensors that cross and that no segment makes. */
export function capturedPorts({ segments, crossings }: Pick<Deployment, "segments" | "crossings">): Port[] {
  const made = new Set(segments.flatMap(({ outputs }) => outputs.map(({ tensor }) => tensor)));
  const found = new Map(segments[0]!.inputs.map((port) => [port.tensor, port]));
  for (const { tensor, type, shape, bytes, codec } of crossings.flatMap(({ carries }) => carries))
    if (codec.kind !== "image" && !made.has(tensor) && !found.has(tensor))
      found.set(tensor, { tensor, type, shape, bytes });
  return [...found.values()];
}
