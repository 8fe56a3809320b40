/** @file State as a survey saw it: its sizes, what grows from step to step, and what the first step takes. */
import { InputError } from "../errors/index.ts";
import { sizeOf, type Tensor, type TensorType } from "../tensor/index.ts";
import type { Declared, Sizes } from "./feeds.ts";
import { fitted } from "./fitted.ts";
import type { Observations } from "./observe.ts";
import type { StateOption, StatePair } from "./state.ts";
import { typed } from "./typed.ts";

export interface CarriedState extends StatePair {
  type: TensorType;
  /** As its input is declared. */
  dims: (number | string)[];
  /** Dimensions that are longer when it comes out than when it went in, such as the tokens of past keys. */
  grows: number[];
  /** What the first step takes, given in place of zeros. */
  given?: Tensor;
}

/**
 * The state that a run confirms: it comes out with the type and rank with which it went in, and shorter nowhere. What was
 * only guessed from names and is none is left out.
 *
 * @throws InputError where a stated pair is none
 */
export function carriedState(
  state: readonly StateOption[],
  inputs: readonly Declared[],
  seen: Observations,
  stated: boolean,
): CarriedState[] {
  return state.flatMap(({ input, output, first }): CarriedState[] => {
    const declared = inputs.find(({ name }) => name === input);
    const [into, out] = [seen.get(input), seen.get(output)];
    if (!declared || !into) return [];
    const same =
      out?.type === into.type &&
      out.dims.length === into.dims.length &&
      out.dims.every((size, axis) => size >= into.dims[axis]!);
    if (!same) {
      if (!stated) return [];
      const found = out ? `${out.type} [${out.dims.join(", ")}]` : "no tensor";
      throw new InputError(
        "ERR_MODEL_STATE",
        `the state "${input}" is ${into.type} [${into.dims.join(", ")}], and "${output}", which is to follow it, ${found}`,
      );
    }
    const grows = into.dims.flatMap((size, axis) => (out.dims[axis]! > size ? [axis] : []));
    if (first) checkFirst(input, first, declared);
    return [{ input, output, type: into.type, dims: declared.dims, grows, ...(first && { given: first }) }];
  });
}

/** What the first step takes: what was given, else zeros, and nothing along what grows. */
export function firstState(state: CarriedState, sizes: Sizes): Tensor {
  const { type, dims, grows, given, input } = state;
  const shape = dims.map((dim, axis) =>
    typeof dim === "number" ? dim : (given?.dims[axis] ?? (grows.includes(axis) ? 0 : sizes.get(dim)!)),
  );
  // Given for one row it stands for all.
  const rows = dims.map((dim, axis) =>
    given?.dims[axis] === 1 && typeof dim === "string" ? sizes.get(dim)! : shape[axis]!,
  );
  if (given) return fitted(given, rows);
  return typed(`the state "${input}"`, { dims: shape, data: new Float64Array(sizeOf(shape)) }, type);
}

function checkFirst(input: string, first: Tensor, { type, dims }: Declared): void {
  const fits =
    first.type === type &&
    first.dims.length === dims.length &&
    dims.every((dim, axis) => typeof dim === "string" || dim === first.dims[axis]);
  if (fits) return;
  throw new InputError(
    "ERR_MODEL_STATE",
    `the state "${input}" is ${type} [${dims.join(", ")}]; what the first step takes is ${first.type} [${first.dims.join(", ")}]`,
  );
}
