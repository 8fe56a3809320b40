/** @file An early exit on the host that captures: a small head that answers where it is sure. */
import { join } from "node:path";
import { zeros, type Tensors } from "@split-et-impera/core/tensor";
import type { SegmentsOptions } from "./segments.ts";

export interface EarlyExit extends AsyncDisposable {
  /** The segment, by position, behind which it is asked. */
  readonly after: number;
  /** What the last segment would answer with, and whether it is sure of it. */
  ask(known: Tensors): Promise<{ outputs: Tensors; sure: boolean }>;
}

/**
 * Loads a deployment's exit and asks it once about zeros; undefined where it has none.
 * @throws InputError where the engine does not take the file
 */
export async function openExit({
  deployment,
  folder,
  engine,
  threads,
}: SegmentsOptions): Promise<EarlyExit | undefined> {
  const [exit] = deployment.exits ?? [];
  if (!exit) return undefined;
  const { after, file, inputs, outputs, confidence, threshold } = exit;
  const session = await engine.load(join(folder, file), threads === undefined ? {} : { threads });
  const names = outputs.map(({ tensor }) => tensor);
  const ask: EarlyExit["ask"] = async (known) => {
    const fed = Object.fromEntries(inputs.map(({ tensor }) => [tensor, known[tensor]!]));
    const found = await session.run(fed, names);
    return { outputs: found, sure: Number(found[confidence]!.data[0]) >= threshold };
  };
  await ask(Object.fromEntries(inputs.map(({ tensor, type, shape }) => [tensor, zeros(type, shape)])));
  return { after, ask, [Symbol.asyncDispose]: () => session.release() };
}
