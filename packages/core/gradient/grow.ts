/** @file A model whose sizes that values decide are others, so that a run shows what follows them. */
import type { Engine } from "../engine/index.ts";
import { InputError } from "../errors/index.ts";
import {
  attributeInt,
  copyModel,
  createBuilder,
  describe,
  indexGraph,
  observe,
  type ModelProto,
  type NodeProto,
  type Observations,
} from "../onnx/index.ts";
import type { Tensors } from "../tensor/index.ts";
import { liveTensors, valuedTensors } from "./context.ts";
import { axisOf, range } from "./rule.ts";

/** A dimension whose size the values decide: how many elements of an image are not zero, how many boxes are kept. */
export interface ValueSize {
  /** The operator that decides: `NonZero "found"`. */
  node: string;
  tensor: string;
  axis: number;
}

/** What a run with other sizes showed. */
export interface Other {
  seen: Observations;
  /** By name of a dimension that may differ: its sizes in the first run and in this one. */
  symbols: ReadonlyMap<string, readonly [number, number]>;
}

/** Inputs that say what size the result has. What else they say (where a slice begins) does not harm. */
const sizing: Record<string, readonly number[]> = {
  CenterCropPad: [1],
  ConstantOfShape: [0],
  Expand: [1],
  OneHot: [1],
  Pad: [1],
  Range: [0, 1, 2],
  Reshape: [1],
  Resize: [2, 3],
  Slice: [1, 2, 4],
  Tile: [1],
  TopK: [1],
};

/** Operators that count elements. */
const counting = new Set(["NonZero", "NonMaxSuppression", "Compress", "Unique"]);

/** How much larger a grown dimension is. */
const growth = 2;

/**
 * A run in which what values decide has other sizes, as far as the model can run with them: of all, or of the operators
 * that count (a shape that values make may not fit what reads it). The model must be raised.
 * @param seen of a run on the same feeds
 */
export async function observeGrown(
  engine: Engine,
  model: ModelProto,
  feeds: Tensors,
  seen: Observations,
): Promise<{ byValues: readonly ValueSize[]; others: readonly Other[] }> {
  const byValues = valueSizes(model, seen);
  const counted = byValues.filter(({ node }) => counting.has(node.split(" ")[0]!));
  for (const sizes of [byValues, counted]) {
    if (sizes.length === 0) break;
    try {
      const grown = await observe(grow(model, sizes, seen), engine, feeds);
      const symbols = sizes.map(({ tensor, axis }) => {
        const size = seen.get(tensor)!.dims[axis]!;
        return [`${tensor}_dim_${axis}`, [size, size + growth]] as const;
      });
      return { byValues, others: [{ seen: grown, symbols: new Map(symbols) }] };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
  return { byValues, others: [] };
}

/** The dimensions that the model's values decide, as far as operators say; `seen` gives ranks. */
function valueSizes(model: ModelProto, seen: Observations): ValueSize[] {
  const index = indexGraph(model.graph!);
  const valued = valuedTensors(index, liveTensors(index));
  return index.nodes.flatMap((node, i) => {
    if (!index.live[i] || (node.domain !== "" && node.domain !== "ai.onnx")) return [];
    const rank = (name: string): number => seen.get(name)?.dims.length ?? 0;
    return sizedAxes(node, valued, rank).flatMap(([output, axes]) => {
      const tensor = node.output[output] ?? "";
      if (!seen.has(tensor)) return [];
      return axes.map((axis) => ({ node: describe(node), tensor, axis: axisOf(axis, rank(tensor)) }));
    });
  });
}

/** Outputs by number, with the axes whose sizes values decide. */
function sizedAxes(
  node: NodeProto,
  valued: ReadonlySet<string>,
  rank: (tensor: string) => number,
): [output: number, axes: readonly number[]][] {
  const { opType, input, output } = node;
  if (!input.some((name) => valued.has(name))) return [];
  if (opType === "NonZero") return [[0, [1]]];
  if (opType === "NonMaxSuppression") return [[0, [0]]];
  if (opType === "Compress") return [[0, [attributeInt(node, "axis", 0)]]];
  if (opType === "Unique") {
    const along = attributeInt(node, "axis", 0);
    return [
      [0, [along]],
      [1, [0]],
      [3, [0]],
    ];
  }
  if (!(sizing[opType] ?? []).some((at) => valued.has(input[at] ?? ""))) return [];
  if (opType === "TopK") {
    const along = attributeInt(node, "axis", -1);
    return [
      [0, [along]],
      [1, [along]],
    ];
  }
  return [[0, range(rank(output[0]!))]];
}

/** The model with zeros behind each of these dimensions; zeros are indices that exist wherever others do. */
function grow(model: ModelProto, sizes: readonly ValueSize[], seen: Observations): ModelProto {
  const copy = copyModel(model);
  const axes = new Map<string, Set<number>>();
  for (const { tensor, axis } of sizes) axes.set(tensor, (axes.get(tensor) ?? new Set()).add(axis));
  const hidden = new Map([...axes.keys()].map((tensor) => [tensor, `grown/from/${tensor}`]));
  for (const node of copy.graph!.node) node.output = node.output.map((name) => hidden.get(name) ?? name);
  const g = createBuilder(copy);
  for (const [tensor, own] of axes) {
    const rank = seen.get(tensor)!.dims.length;
    const pads = [...range(rank).map(() => 0), ...range(rank).map((axis) => (own.has(axis) ? growth : 0))];
    g.opAs(tensor, "Pad", [hidden.get(tensor)!, g.ints(pads)]);
  }
  return copy;
}
