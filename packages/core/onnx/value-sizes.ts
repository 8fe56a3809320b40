/** @file Tensors whose size the model's numbers decide: what NonMaxSuppression keeps, what NonZero finds. */
import type { Survey } from "./survey.ts";

/** Whether the model's numbers, and not the sizes of what is fed, decide how large a tensor is. */
export function isSizedByValues({ declared, sizes }: Pick<Survey, "declared" | "sizes">, name: string): boolean {
  const one = declared.get(name);
  return one?.anyRank === true || (one?.dims.some((dim) => typeof dim === "string" && !sizes.has(dim)) ?? false);
}
