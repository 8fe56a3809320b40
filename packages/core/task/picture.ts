/** @file The size of the pictures that a model takes. */
import { InputError } from "../errors/index.ts";
import type { ModelFacts } from "./task.ts";

/** Height and width of the model's first input that is a picture, in the run that was seen: channels first or last. */
export function pictureSize({ index, seen }: Pick<ModelFacts, "index" | "seen">): { height: number; width: number } {
  for (const name of index.inputs) {
    const dims = seen.get(name)?.dims.slice(-3) ?? [];
    if (dims.length < 3) continue;
    const [first, second, third] = dims as [number, number, number];
    if (isChannels(first)) return { height: second, width: third };
    if (isChannels(third)) return { height: first, width: second };
  }
  const inputs = index.inputs.map((name) => `"${name}" [${seen.get(name)?.dims.join(", ") ?? "?"}]`).join(", ");
  throw new InputError(
    "ERR_TASK_OUTPUT",
    `expected an input that is a picture, of 1, 3 or 4 channels, whose size the boxes are in; got ${inputs}`,
  );
}

const isChannels = (size: number): boolean => size === 1 || size === 3 || size === 4;
