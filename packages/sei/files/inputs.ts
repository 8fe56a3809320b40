/** @file Inputs are never written over. */
import { InputError } from "@split-et-impera/core/errors";
import { stat } from "node:fs/promises";

/**
 * Sees that none of `outputs` is one of `inputs`, by whatever name or link.
 * @throws InputError `ERR_OUTPUT` naming both
 */
export async function checkInputsKept(inputs: readonly string[], outputs: readonly string[]): Promise<void> {
  for (const output of outputs) {
    const there = await stat(output).catch(() => undefined);
    if (!there) continue;
    for (const input of inputs) {
      const own = await stat(input).catch(() => undefined);
      if (own?.dev !== there.dev || own.ino !== there.ino) continue;
      const name = input === output ? "" : ` "${input}"`;
      throw new InputError("ERR_OUTPUT", `${output}: is the input${name} itself; choose another name for the output`);
    }
  }
}
