/** @file How many channels the layout of this engine's convolutions has in a block. */
import { create } from "@bufbuild/protobuf";
import { GraphProtoSchema, ModelProtoSchema, OperatorSetIdProtoSchema } from "onnx-buf";
import type { Engine } from "@split-et-impera/core/engine";
import { copyModel, createBuilder, observe, serialiseModel, type ModelProto } from "@split-et-impera/core/onnx";
import { randomStream } from "@split-et-impera/core/random";
import { float32, sizeOf, type Tensor, type Tensors } from "@split-et-impera/core/tensor";
import { blockConvolutions } from "@split-et-impera/core/gradient";

/** Blocks that ONNX Runtime uses: 16 channels with AVX-512, 8 without. */
const blocks = [16, 8];

/**
 * The block of channels of this engine on this processor, found by trying; 1 where it has no such layout. To be asked
 * only of ONNX Runtime on x64: elsewhere it may lack the layout's kernels.
 */
export async function findChannelBlock(engine: Engine): Promise<number> {
  const random = randomStream(0, "channel block");
  const tensor = (dims: readonly number[]): Tensor =>
    float32(
      dims,
      Float32Array.from({ length: sizeOf(dims) }, () => random.normal()),
    );
  const feeds = { x: tensor([1, 32, 4, 4]), w: tensor([32, 32, 3, 3]) };
  const plain = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [create(OperatorSetIdProtoSchema, { version: 17n })],
    graph: create(GraphProtoSchema, { name: "probe" }),
  });
  const g = createBuilder(plain);
  for (const [name, { dims }] of Object.entries(feeds)) g.input(name, "float32", dims);
  g.opAs("y", "Conv", ["x", "w"], { pads: { ints: [1, 1, 1, 1] } });
  g.output("y", "float32");
  const expected = await runOnce(engine, plain, feeds);
  const seen = await observe(plain, engine, feeds);
  for (const block of blocks) {
    const model = copyModel(plain);
    blockConvolutions(model, seen, new Set(["w"]), block);
    const found = await runOnce(engine, model, feeds).catch(() => undefined);
    if (found?.every((value, i) => Math.abs(value - expected[i]!) < 1e-3)) return block;
  }
  return 1;
}

async function runOnce(engine: Engine, model: ModelProto, feeds: Tensors): Promise<Float32Array> {
  const session = await engine.load(serialiseModel(model));
  try {
    return (await session.run(feeds))["y"]!.data as Float32Array;
  } finally {
    await session.release();
  }
}
