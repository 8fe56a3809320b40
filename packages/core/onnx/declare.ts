/** @file How tensors are declared where they cross a cut: which sizes are fixed, and which follow what is fed. */
import type { Declared } from "./feeds.ts";
import type { GraphIndex } from "./graph.ts";
import type { ModelProto } from "./proto.ts";
import { sizeFlow } from "./size-flow.ts";
import type { Runs } from "./runs.ts";

/** Whether a size was that of the batch in every run. */
function followsBatch({ sizes, symbol, other }: Runs, ...[size, next, alone]: (number | undefined)[]): boolean {
  return symbol !== undefined && size === sizes.get(symbol) && next === other?.sizes.get(symbol) && alone === 1;
}

/**
 * Every tensor that was seen. Sizes that differ between runs are open, under the name of the open dimension that they
 * follow where there is one; where a size could not be varied, every dimension that it may have made is left open, and so
 * are those of a tensor whose sizes depend on values.
 */
export function declareTensors(model: ModelProto, index: GraphIndex, runs: Runs): Map<string, Declared> {
  const { inputs, sizes, seen, one, other, symbol: batch } = runs;
  const symbols = [...sizes.keys()];
  const stiff = symbols.filter((name) => !other || other.sizes.get(name) === sizes.get(name));
  const { shapes: valued } = sizeFlow(model, index);
  const declared = new Map<string, Declared>();
  for (const [name, { type, dims }] of seen) {
    if (index.initialisers.has(name)) continue;
    const again = other?.seen.get(name)?.dims;
    const alone = one?.get(name)?.dims;
    const anyRank = [again, alone].some((found) => found && found.length !== dims.length);
    const dim = (size: number, axis: number): number | string => {
      const next = again?.[axis];
      const open = `${name}_${axis}`;
      if (valued.has(name)) return followsBatch(runs, size, next, alone?.[axis]) ? batch! : open;
      if (next !== undefined && next !== size)
        return symbols.find((s) => sizes.get(s) === size && other!.sizes.get(s) === next) ?? open;
      const symbol = stiff.find((s) => sizes.get(s) === size);
      // What could not be varied may hide in any size.
      const doubtful = stiff.some((s) => s !== batch) || (stiff.length > 0 && axis === 0);
      return symbol ?? (doubtful || (alone && alone[axis] !== size) ? open : size);
    };
    declared.set(name, { name, type, dims: dims.map(dim), ...(anyRank && { anyRank }) });
  }
  for (const input of inputs) declared.set(input.name, input);
  return declared;
}
