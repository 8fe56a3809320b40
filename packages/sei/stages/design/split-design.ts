/** @file SC: head and encoder on the capturing host, decoder and tail on the other. */
import { codingWork, datagramPayload, designName, segmentWork, type Design } from "@split-et-impera/core/design";
import { segmentMemory } from "@split-et-impera/core/cost";
import { indexGraph, observe, serialiseModel, type ModelProto } from "@split-et-impera/core/onnx";
import { rows, sizeOf, type Tensor } from "@split-et-impera/core/tensor";
import { applyLoss, calibratedCodec, meanFill, type Codec } from "@split-et-impera/core/wire";
import { engine } from "@split-et-impera/ort";
import { batchSize, classify, hits, inBatches } from "../answers/index.ts";
import type { Pieces } from "./pieces.ts";
import type { Prepared } from "./prepared.ts";
import type { Workbench } from "./workbench.ts";

export async function prepareSplit(bench: Workbench, design: Design, pieces: Pieces): Promise<Prepared> {
  const { inspection, test, signal, hosts } = bench;
  const [crossing] = design.crossings;
  const { kind } = crossing!.codec;
  const codec = calibratedCodec(kind, pieces.calibration);
  const fill = meanFill(pieces.calibration);
  const { head, tail } = pieces.sessions;
  const size = inspection.batch ? batchSize : 1;
  const output = inspection.output.name;
  const encodeAll = async (images: readonly number[]): Promise<Tensor<"float32">> => {
    const found = await head.run({ [inspection.input.name]: test.batch(images) }, [pieces.tensor]);
    return found[pieces.tensor] as Tensor<"float32">;
  };
  const answers = async (value: Tensor<"float32">, images: readonly number[]): Promise<Uint8Array> =>
    hits(
      await classify(tail, { name: pieces.tensor, value }, output),
      images.map((i) => test.label(i)),
    );

  const { value: correct } = await bench.cache.get("split", [pieces.key, codec.parameters, bench.testKey], () =>
    inBatches(test.count, size, signal, async (images) => {
      const sent = await encodeAll(images);
      return answers(codec.decode(codec.encode(sent), sent.dims), images);
    }),
  );
  const one = await encodeAll([0]);
  const bytes = codec.encode(one);
  const { encode = "", decode = "" } = codingWork(design, crossing!);
  const input = test.batch([0]);
  bench.time(segmentWork(design, 0), pieces.shape, {
    run: () => head.run({ [inspection.input.name]: input }, [pieces.tensor]),
    call: bench.calls.for(input),
  });
  bench.time(segmentWork(design, 1), pieces.shape, {
    run: () => tail.run({ [pieces.tensor]: one }, [output]),
    call: bench.calls.for(one),
  });
  bench.time(encode, pieces.shape, { run: () => codec.encode(one) });
  bench.time(decode, pieces.shape, { run: () => codec.decode(bytes, one.dims) });
  const wireBytes = sizeOf(pieces.shape) * codec.width;
  return {
    design,
    name: designName(design),
    key: pieces.key,
    bytes: new Uint32Array(test.count).fill(wireBytes),
    correct,
    exact: !pieces.bottleneck && kind === "float32",
    memory: {
      [hosts.capturing]: await pieceMemory(pieces.head, { [inspection.input.name]: input }),
      [hosts.other]: await pieceMemory(pieces.tail, { [pieces.tensor]: one }),
    },
    async receive(frames) {
      const result = new Uint8Array(frames.length);
      for (let from = 0; from < frames.length; from += size) {
        signal.throwIfAborted();
        const part = frames.slice(from, from + size);
        const images = part.map(({ image }) => image);
        const holed = withHoles(
          await encodeAll(images),
          part.map(({ missing }) => missing),
          codec,
          fill,
        );
        result.set(await answers(holed, images), from);
      }
      return result;
    },
    deploy: () => ({
      models: [
        {
          host: hosts.capturing,
          name: "head.onnx",
          bytes: serialiseModel(pieces.head),
          input: inspection.input.name,
          output: pieces.tensor,
        },
        { host: hosts.other, name: "tail.onnx", bytes: serialiseModel(pieces.tail), input: pieces.tensor, output },
      ],
      wire: { tensor: pieces.tensor, shape: [1, ...pieces.shape], codec: codec.parameters, fill: [...fill.values] },
    }),
  };
}

/** What the receiver makes of each row when its own datagrams are missing. */
function withHoles(
  sent: Tensor<"float32">,
  missing: readonly Uint32Array[],
  codec: Codec,
  fill: ReturnType<typeof meanFill>,
): Tensor<"float32"> {
  const data = new Float32Array(sent.data.length);
  const size = data.length / missing.length;
  missing.forEach((lost, row) => {
    const own = rows(sent, row, row + 1);
    const message = { bytes: codec.encode(own), dims: own.dims, missing: lost, payload: datagramPayload };
    data.set(applyLoss(message, codec, fill).data, row * size);
  });
  return { type: "float32", dims: sent.dims, data };
}

async function pieceMemory(model: ModelProto, feeds: Record<string, Tensor>): Promise<number> {
  const { parameters, activations } = segmentMemory(indexGraph(model.graph!), await observe(model, engine, feeds), 1);
  return parameters + activations;
}
