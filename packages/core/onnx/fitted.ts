/** @file Tensors of one shape from those of another: rows and columns repeated or left out. */
import { sizeOf, type Tensor } from "../tensor/index.ts";

/** The same numbers at another size of every dimension: cut off where it is smaller, repeated from the start where larger. */
export function fitted(of: Tensor, dims: readonly number[]): Tensor {
  if (of.dims.length === dims.length && of.dims.every((dim, axis) => dim === dims[axis])) return of;
  const size = sizeOf(dims);
  const source = of.data as Float32Array;
  const data: Float32Array = Array.isArray(of.data)
    ? (Array.from({ length: size }) as unknown as Float32Array)
    : new (source.constructor as Float32ArrayConstructor)(size);
  const steps = of.dims.map((_, axis) => sizeOf(of.dims.slice(axis + 1)));
  const at = dims.map(() => 0);
  for (let i = 0; i < size; i++) {
    let from = 0;
    for (let axis = 0; axis < at.length; axis++) from += (at[axis]! % of.dims[axis]!) * steps[axis]!;
    data[i] = source[from]!;
    for (let axis = at.length - 1; axis >= 0 && ++at[axis]! === dims[axis]; axis--) at[axis] = 0;
  }
  return { type: of.type, dims: [...dims], data };
}

/** The first `rows` along one dimension. */
export function firstRows(of: Tensor, axis: number, rows: number): Tensor {
  return fitted(
    of,
    of.dims.map((dim, at) => (at === axis ? Math.min(dim, rows) : dim)),
  );
}
