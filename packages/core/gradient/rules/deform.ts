/** @file Gradients of deformable convolutions (Dai et al., 2017; with masks, Zhu et al., 2019). */
import { attributeInt } from "../../onnx/index.ts";
import { int64 } from "../../tensor/index.ts";
import { always, range, type RuleContext, type RuleTable } from "../rule.ts";
import { algebra } from "./algebra.ts";
import { tapsOf } from "./sampling.ts";
import { windowOf } from "./window.ts";

/**
 * Each element of each window reads the image at a place of its own, between four pixels: v = sum of weight times pixel,
 * and y = w (v mask) + b, a product of matrices. Points are counted by image, offset group, window element and output.
 */
function deformConv(c: RuleContext): (string | undefined)[] {
  const { g } = c;
  const m = algebra(c);
  const [x, w, offset, mask] = [c.I(0), c.I(1), c.I(2), c.I(4)];
  const known = [...c.fixed(x).slice(1), ...c.fixed(c.O(0)).slice(1)];
  if (known.includes(undefined)) throw c.refuse("spatial sizes that are free are not supported");
  const [channels, high, wide, filters, rows, columns] = known as [number, number, number, number, number, number];
  const kernel = c.dims(w).slice(2);
  const { strides, dilations, group, pads } = windowOf(c, kernel);
  const size = kernel[0]! * kernel[1]!;
  const outputs = rows * columns;
  const groups = attributeInt(c.node, "offset_group", 1);
  const inGroup = channels / groups;
  const perPoint = (of: string): string => g.unsqueeze(of, [1]);

  // Where each element of each window would read without an offset: [elements, outputs].
  const undisturbed = (axis: number): string => {
    const places = range(size * outputs).map((i) => {
      const [element, output] = [Math.floor(i / outputs), i % outputs];
      const along = (n: number, of: number): number => (axis === 0 ? Math.floor(n / of) : n % of);
      return along(output, columns) * strides[axis]! - pads![axis]! + along(element, kernel[1]!) * dilations[axis]!;
    });
    return g.op("CastLike", [g.constant(int64([size, outputs], places)), c.GO(0)]);
  };
  const offsets = g.reshape(offset, [-1, groups, size, 2, outputs]);
  const [down, right] = [high, wide].map((length, axis) => {
    const own = g.op("Gather", [offsets, g.constant(int64([], [axis]))], { axis: { int: 3 } });
    const at = g.reshape(m.add(own, undisturbed(axis)), [-1]);
    return tapsOf({ m, size: c.scalar(length), at, padding: "zeros", corners: true }, "linear");
  });

  // Pixels as rows of an offset group's channels, and which rows each point reads.
  const images = g.reshape(x, [-1, inGroup, high * wide]);
  const pixels = g.reshape(g.transpose(images, [0, 2, 1]), [-1, inGroup]);
  const scalar = (value: number): string => g.constant(int64([], [value]));
  const count = g.op("Range", [scalar(0), g.squeeze(g.sizes(images, [0]), [0]), scalar(1)]);
  const image = g.reshape(g.op("Expand", [g.unsqueeze(count, [1]), g.ints([1, size * outputs])]), [-1]);
  const whole = (of: string): string => g.cast(of, "int64");
  const corners = down!.flatMap((a) =>
    right!.map((b) => {
      const line = m.add(g.op("Mul", [image, scalar(high)]), whole(a.index));
      const place = m.add(g.op("Mul", [line, scalar(wide)]), whole(b.index));
      return { a, b, place, weight: m.mul(a.weight, b.weight), pixel: g.op("Gather", [pixels, place]) };
    }),
  );
  const sum = (parts: readonly string[]): string => g.op("Sum", parts);
  const values =
    c.needs(1) || c.needs(4) ? sum(corners.map(({ weight, pixel }) => m.mul(pixel, perPoint(weight)))) : "";
  const masked = (of: string): string => (mask === "" ? of : m.mul(of, g.reshape(mask, [-1, 1])));

  // The product of matrices, by group: [images, group, filters, outputs] = [filters, inputs] [inputs, outputs].
  const dy = g.reshape(c.GO(0), [-1, group, filters / group, outputs]);
  const inputs = (channels / group) * size;
  let dw: string | undefined;
  if (c.needs(1)) {
    const apart = g.reshape(masked(values), [-1, groups, size, outputs, inGroup]);
    const side = g.reshape(g.transpose(apart, [0, 3, 1, 4, 2]), [-1, outputs, group, inputs]);
    const products = g.op("MatMul", [dy, g.transpose(side, [0, 2, 1, 3])]);
    dw = g.reshapeLike(g.reduceSum(products, [0], false), w);
  }
  let back = "";
  let dv = "";
  if (c.needs(0) || c.needs(2) || c.needs(4)) {
    const turned = g.transpose(g.reshape(w, [group, filters / group, inputs]), [0, 2, 1]);
    const spread = g.reshape(g.op("MatMul", [turned, dy]), [-1, groups, inGroup, size, outputs]);
    back = g.reshape(g.transpose(spread, [0, 1, 3, 4, 2]), [-1, inGroup]);
    dv = masked(back);
  }

  let dx: string | undefined;
  if (c.needs(0)) {
    const joined = (parts: readonly string[]): string => g.op("Concat", parts, { axis: { int: 0 } });
    const places = g.unsqueeze(joined(corners.map(({ place }) => place)), [1]);
    const updates = joined(corners.map(({ weight }) => m.mul(dv, perPoint(weight))));
    const added = g.op("ScatterND", [c.zerosLike(pixels), places, updates], { reduction: { string: "add" } });
    dx = g.reshapeLike(g.transpose(g.reshape(added, [-1, high * wide, inGroup]), [0, 2, 1]), x);
  }
  const slopes = (weightOf: (corner: (typeof corners)[number]) => string): string => {
    const steep = sum(corners.map((corner) => m.mul(corner.pixel, perPoint(weightOf(corner)))));
    return g.reshape(g.reduceSum(m.mul(dv, steep), [1], false), [-1, groups, size, 1, outputs]);
  };
  const moved = (): string[] => [
    slopes(({ a, b }) => m.mul(a.slope!, b.weight)),
    slopes(({ a, b }) => m.mul(a.weight, b.slope!)),
  ];
  return [
    dx,
    dw,
    c.needs(2) ? g.reshapeLike(g.op("Concat", moved(), { axis: { int: 3 } }), offset) : undefined,
    c.needs(3) ? g.reduceSum(c.GO(0), [0, 2, 3], false) : undefined,
    c.needs(4) ? g.reshapeLike(g.reduceSum(m.mul(back, values), [1], false), mask) : undefined,
  ];
}

export const deforming: RuleTable = { DeformConv: always(deformConv) };
