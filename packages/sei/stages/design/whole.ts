/** @file LC and RC: the whole model on one host. */
import { codingWork, datagramPayload, designName, localDesign, type Design } from "@split-et-impera/core/design";
import { segmentMemory, wholeWork } from "@split-et-impera/core/cost";
import { InputError } from "@split-et-impera/core/errors";
import { serialiseModel } from "@split-et-impera/core/onnx";
import { encodeImage, measureImages, meanPixel, receiveImage, type ImageFormat } from "../../data/images.ts";
import { imageBatch } from "../../data/index.ts";
import { engine } from "@split-et-impera/ort";
import { batchSize, classify, hits, inBatches } from "../answers/index.ts";
import { picturesWork } from "../measure/index.ts";
import type { Deployment, Prepared } from "./prepared.ts";
import { endsOfModel, type Workbench } from "./workbench.ts";

/** Times the whole model for one image; every host's speed leans on it. */
export async function timeWhole(bench: Workbench): Promise<void> {
  const { inspection, test } = bench;
  const session = await engine.load(serialiseModel(inspection.model));
  const input = test.batch([0]);
  bench.time(wholeWork, [], {
    run: () => session.run({ [inspection.input.name]: input }),
    call: bench.calls.for(input),
  });
}

export function prepareLocal(bench: Workbench, baseline: Uint8Array): Prepared {
  const { hosts } = bench;
  return {
    design: localDesign(bench.study, endsOfModel(bench)),
    name: "LC",
    key: [],
    correct: baseline,
    exact: true,
    memory: { [hosts.capturing]: wholeMemory(bench), [hosts.other]: 0 },
    deploy: () => ({ models: [wholeModel(bench, hosts.capturing)] }),
  };
}

function wholeMemory({ inspection: { index, seen, batch } }: Workbench): number {
  const { parameters, activations } = segmentMemory(index, seen, batch?.size ?? 1);
  return parameters + activations;
}

function wholeModel({ inspection }: Workbench, host: string): Deployment["models"][number] {
  const { model, input, output } = inspection;
  return { host, name: "model.onnx", bytes: serialiseModel(model), input: input.name, output: output.name };
}

/** RC: the image goes as the camera has it, raw or as a picture file. */
export async function prepareRemote(
  bench: Workbench,
  design: Design,
  as: ImageFormat,
  baseline: Uint8Array,
): Promise<Prepared> {
  const { test, train, hosts, study, inspection, signal } = bench;
  const { image } = test;
  if (!image)
    throw new InputError(
      "ERR_DATA_IMAGE",
      `RC sends 8-bit images, but ${test.name} holds other numbers; leave RC out of explore.scenarios`,
    );
  const pixels = Array.from({ length: test.count }, (_, i) => image.pixels(i));
  const session = await engine.load(serialiseModel(inspection.model));
  const toInput = (images: readonly Uint8Array[]) => imageBatch(images, image, study.data.normalise, study.data.layout);
  const answers = async (images: readonly Uint8Array[], labels: readonly number[]): Promise<Uint8Array> =>
    hits(
      await classify(session, { name: inspection.input.name, value: toInput(images) }, inspection.output.name),
      labels,
    );
  const size = inspection.batch ? batchSize : 1;

  const { value } = await bench.cache.get("remote", [bench.modelHash, bench.testKey, as], async () => {
    const costs = await measureImages(pixels, image, as, { timed: 1, signal });
    const lossless = costs.decoded.every((decoded, i) => Buffer.compare(decoded, pixels[i]!) === 0);
    const correct = lossless
      ? baseline
      : await inBatches(test.count, size, signal, (indices) =>
          answers(
            indices.map((i) => costs.decoded[i]!),
            indices.map((i) => test.label(i)),
          ),
        );
    return { sizes: Uint32Array.from(costs.sizes), correct, lossless };
  });
  const { encode, decode } = codingWork(design, design.crossings[0]!);
  if (encode !== undefined && decode !== undefined) {
    const works = await picturesWork(pixels[0]!, image, as);
    bench.time(encode, bench.testKey, works.encode);
    bench.time(decode, bench.testKey, works.decode);
  }
  const fill = meanPixel(
    Array.from({ length: Math.min(256, train.count) }, (_, i) => train.image!.pixels(i)),
    image,
  );
  return {
    design,
    name: designName(design),
    key: as,
    bytes: value.sizes,
    correct: value.correct,
    exact: value.lossless,
    memory: { [hosts.capturing]: pixels[0]!.length, [hosts.other]: wholeMemory(bench) },
    async receive(frames) {
      const result = new Uint8Array(frames.length).fill(2);
      // With a hole only raw pixels say anything.
      const patched = await Promise.all(
        frames.map(async (frame) => {
          const bytes = await encodeImage(pixels[frame.image]!, image, as);
          return receiveImage({ bytes, shape: image, as, missing: [...frame.missing], payload: datagramPayload }, fill);
        }),
      );
      const answered = patched.flatMap((found, i) => (found ? [i] : []));
      for (let from = 0; from < answered.length; from += size) {
        const part = answered.slice(from, from + size);
        const right = await answers(
          part.map((i) => patched[i]!),
          part.map((i) => test.label(frames[i]!.image)),
        );
        part.forEach((i, k) => (result[i] = right[k]!));
      }
      return result;
    },
    deploy: () => ({
      models: [wholeModel(bench, hosts.other)],
      wire: {
        tensor: inspection.input.name,
        shape: [image.height, image.width, image.channels],
        codec: { kind: "image", ...as },
        ...(as.format === "raw" && { fill }),
      },
    }),
  };
}
