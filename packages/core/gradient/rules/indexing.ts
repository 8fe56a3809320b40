/** @file Gradients of gathering, scattering and choosing elements. */
import { attributeInt, attributeString } from "../../onnx/index.ts";
import { always, axisOf, range, type RuleContext, type RuleTable } from "../rule.ts";
import { algebra } from "./algebra.ts";
import { addAlong, positions } from "./along.ts";
import { padAlong } from "./pad.ts";

function gather(c: RuleContext): string[] {
  const { g } = c;
  const rank = c.dims(c.I(0)).length;
  const axis = axisOf(attributeInt(c.node, "axis", 0), rank);
  const indexRank = c.dims(c.I(1)).length;
  const length = c.fixed(c.I(0))[axis];
  const only = c.constant(c.I(1));
  if (indexRank === 0 && only && length !== undefined) {
    const at = axisOf(only[0]!, length);
    return [padAlong(g, g.unsqueeze(c.GO(0), [axis]), rank, [axis], [at], [length - 1 - at])];
  }
  return [addAlong(c, c.GO(0), c.I(1), axis, c.I(0), indexRank)];
}

function gatherElements(c: RuleContext): string[] {
  const axis = attributeInt(c.node, "axis", 0);
  return [
    c.g.op("ScatterElements", [c.zerosLike(c.I(0)), c.I(1), c.GO(0)], {
      axis: { int: axis },
      reduction: { string: "add" },
    }),
  ];
}

/** Indices without batch dimensions: the place in the batch is put in front of each. */
function gatherND(c: RuleContext): string[] {
  const { g } = c;
  const batch = attributeInt(c.node, "batch_dims", 0);
  const rank = c.dims(c.I(1)).length;
  let indices = c.I(1);
  if (batch > 0) {
    const lead = g.op("Slice", [g.shape(indices), g.ints([0]), g.ints([rank - 1])]);
    const place = g.op("Concat", [lead, g.ints([1])], { axis: { int: 0 } });
    const coordinates = range(batch).map((axis) => {
      const own = g.reshape(
        positions(c, c.I(1), axis),
        range(rank).map((i) => (i === axis ? -1 : 1)),
      );
      return g.op("Expand", [own, place]);
    });
    indices = g.op("Concat", [...coordinates, indices], { axis: { int: rank - 1 } });
  }
  return [g.op("ScatterND", [c.zerosLike(c.I(0)), indices, c.GO(0)], { reduction: { string: "add" } })];
}

/** y = data with updates at some places; `take` reads these places, `put` writes there. */
function scatter(
  c: RuleContext,
  take: (from: string) => string,
  put: (data: string, updates: string, reduction: string) => string,
): (string | undefined)[] {
  const m = algebra(c);
  const dy = c.GO(0);
  const reduction = attributeString(c.node, "reduction", "none");
  switch (reduction) {
    case "none":
      return [
        c.needs(0) ? put(dy, c.zerosLike(c.I(2)), "none") : undefined,
        undefined,
        c.needs(2) ? take(dy) : undefined,
      ];
    case "add":
      return [dy, undefined, c.needs(2) ? take(dy) : undefined];
    case "mul": {
      const factors = (): string => put(m.add(c.zerosLike(c.I(0)), 1), c.I(2), "mul");
      return [
        c.needs(0) ? m.mul(dy, factors()) : undefined,
        undefined,
        c.needs(2) ? m.div(take(m.mul(dy, c.O(0))), c.I(2)) : undefined,
      ];
    }
    case "min":
    case "max": {
      // The gradient goes to what became the extremum: to the data first.
      const kept = m.equal(c.O(0), c.I(0));
      const won = c.g.op("And", [m.equal(take(c.O(0)), c.I(2)), m.greater(take(m.where(kept, 0, 1)), 0)]);
      return [
        c.needs(0) ? m.where(kept, dy, 0) : undefined,
        undefined,
        c.needs(2) ? m.where(won, take(dy), 0) : undefined,
      ];
    }
    default:
      throw c.refuse(`reduction "${reduction}" is not supported`);
  }
}

/** The chosen positions along the axis. */
function compress(c: RuleContext): string[] {
  const { g } = c;
  const axis = c.node.attribute.some(({ name }) => name === "axis") ? attributeInt(c.node, "axis", 0) : undefined;
  const rank = c.dims(c.I(0)).length;
  if (axis !== undefined) {
    const along = axisOf(axis, rank);
    const from = g.op("Compress", [positions(c, c.I(0), along), c.I(1)], { axis: { int: 0 } });
    return [addAlong(c, c.GO(0), from, along, c.I(0))];
  }
  const flat = g.reshape(c.zerosLike(c.I(0)), [-1]);
  const chosen = g.transpose(g.op("NonZero", [c.I(1)]), [1, 0]);
  return [g.reshapeLike(g.op("ScatterND", [flat, chosen, c.GO(0)]), c.I(0))];
}

export const indexing: RuleTable = {
  Gather: always(gather),
  GatherElements: always(gatherElements),
  GatherND: always(gatherND),
  ScatterElements: always((c) => {
    const axis = { int: attributeInt(c.node, "axis", 0) };
    return scatter(
      c,
      (from) => c.g.op("GatherElements", [from, c.I(1)], { axis }),
      (data, updates, reduction) =>
        c.g.op("ScatterElements", [data, c.I(1), updates], { axis, reduction: { string: reduction } }),
    );
  }),
  ScatterND: always((c) =>
    scatter(
      c,
      (from) => c.g.op("GatherND", [from, c.I(1)]),
      (data, updates, reduction) => c.g.op("ScatterND", [data, c.I(1), updates], { reduction: { string: reduction } }),
    ),
  ),
  Compress: always(compress),
  // The values come from the places that the indices name.
  TopK: always((c) => [
    c.g.op("ScatterElements", [c.zerosLike(c.I(0)), c.addOutput(1), c.GO(0)], {
      axis: { int: attributeInt(c.node, "axis", -1) },
    }),
  ]),
};
