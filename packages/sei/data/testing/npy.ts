/** @file NumPy arrays for tests, written as NumPy writes them. */

/** A .npy file of version 1. `descr` is NumPy's name of the type: `<f4`, `|u1`. */
export function npyOf(descr: string, dims: readonly number[], bytes: Uint8Array, fortran = false): Uint8Array {
  const tuple = dims.length === 1 ? `(${dims[0]},)` : `(${dims.join(", ")})`;
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ${tuple}, }`;
  const padded = `${text.padEnd(117)}\n`;
  const head = Uint8Array.of(0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, padded.length, 0);
  return Buffer.concat([head, new TextEncoder().encode(padded), bytes]);
}
