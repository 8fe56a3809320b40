import { expect, test } from "vitest";
import { serialiseModel, type AttributeValue } from "../../onnx/index.ts";
import { float32, int64 } from "../../tensor/index.ts";
import { engine } from "../../testing/engine.ts";
import { operatorError, randomTensor, tolerance, type OperatorCase } from "../../testing/gradient-check.ts";
import { buildModel } from "../../testing/models.ts";
import { differentiate } from "../index.ts";

const int = (value: number): AttributeValue => ({ int: value });
const text = (value: string): AttributeValue => ({ string: value });
const only32 = { only32: true } as const;

/** Coordinates reach beyond the image by half its size; steps are short, since weights have kinks at pixels. */
const reach = { range: [-1.6, 1.6] as [number, number], step: 1e-3 };

function grid(opset: number, mode: string, padding: string, corners: number): OperatorCase {
  return {
    operator: "GridSample",
    inputs: [
      [2, 3, 4, 5],
      [2, 3, 2, 2],
    ],
    attributes: { mode: text(mode), padding_mode: text(padding), align_corners: int(corners) },
    opset,
    note: `${mode} ${padding} ${corners}`,
    ...reach,
    ...(opset === 16 && only32),
  };
}

const grids = [
  ...["bilinear", "nearest", "bicubic"].map((mode) => [16, mode] as const),
  ...["linear", "nearest", "cubic"].map((mode) => [20, mode] as const),
].flatMap(([opset, mode]) =>
  ["zeros", "border", "reflection"].flatMap((padding) => [0, 1].map((corners) => grid(opset, mode, padding, corners))),
);

const regions = (rows: number[][]): Partial<OperatorCase> => ({
  more: (g, type) => [
    g.constant(
      type === "float64"
        ? { type, dims: [rows.length, 4], data: Float64Array.from(rows.flat()) }
        : { type, dims: [rows.length, 4], data: Float32Array.from(rows.flat()) },
    ),
    g.constant({ type: "int64", dims: [rows.length], data: BigInt64Array.from(rows, (_, i) => BigInt(i % 2)) }),
  ],
});
/** One inside, one across the border, one less than a pixel wide. */
const boxes = [
  [2, 3, 9, 8],
  [-3, -2, 20, 5.5],
  [4, 4, 4.5, 4.2],
];

const cases: OperatorCase[] = [
  ...grids,
  {
    operator: "GridSample",
    inputs: [
      [2, 2, 3, 4, 3],
      [2, 2, 3, 2, 3],
    ],
    opset: 20,
    note: "volume",
    ...reach,
  },
  ...[0, 1].flatMap((align): OperatorCase[] => [
    {
      operator: "AffineGrid",
      inputs: [[2, 2, 3]],
      more: (g) => [g.ints([2, 3, 4, 5])],
      attributes: { align_corners: int(align) },
      opset: 20,
    },
    {
      operator: "AffineGrid",
      inputs: [[2, 3, 4]],
      more: (g) => [g.ints([2, 1, 3, 4, 5])],
      attributes: { align_corners: int(align) },
      opset: 20,
    },
  ]),
  ...[0, 2].flatMap((ratio): OperatorCase[] => [
    {
      operator: "RoiAlign",
      inputs: [[2, 3, 6, 7]],
      ...regions(boxes),
      attributes: {
        output_height: int(2),
        output_width: int(3),
        sampling_ratio: int(ratio),
        spatial_scale: { float: 0.5 },
      },
      opset: 16,
      note: `${ratio} points`,
    },
    {
      operator: "RoiAlign",
      inputs: [[2, 3, 6, 7]],
      ...regions(boxes),
      attributes: {
        output_height: int(2),
        output_width: int(2),
        sampling_ratio: int(ratio),
        coordinate_transformation_mode: text("output_half_pixel"),
      },
      opset: 16,
      note: `${ratio} points, not aligned`,
    },
  ]),
];

test.each(cases)("$operator $note $opset $inputs", async (one) => {
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
  if (!one.only32) expect(await operatorError(one, "float64")).toBeLessThan(tolerance.float64);
});

test.each([0, 2])("without regions the gradient is zeros of the image's shape (%i points)", async (ratio) => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", 3, 6, 6]);
    g.input("regions", "float32", ["count", 4]);
    g.input("images", "int64", ["count"]);
    const attributes = { output_height: int(2), output_width: int(2), sampling_ratio: int(ratio) };
    g.opAs("y", "RoiAlign", ["x", "regions", "images"], attributes);
    g.output("y");
  });
  const { model: whole } = await differentiate(engine, model, { of: "y", wrt: ["x"] });
  const session = await engine.load(serialiseModel(whole));
  const found = await session.run({
    x: randomTensor([2, 3, 6, 6], "x"),
    regions: float32([0, 4], []),
    images: int64([0], []),
    "seed/y": float32([0, 3, 2, 2], []),
  });
  await session.release();
  expect(found["grad/x"]).toEqual(float32([2, 3, 6, 6], new Float32Array(216)));
});
