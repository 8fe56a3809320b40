/** @file Sources of frames, by what a user calls them. */
import { stat } from "node:fs/promises";
import { extname } from "node:path";
import { capturedPorts, type Deployment } from "@split-et-impera/core/deploy";
import { InputError } from "@split-et-impera/core/errors";
import { forDeployment, openData, samplesOf, type Dataset, type Samples } from "../../data/index.ts";
import { readStudy } from "../../study/index.ts";
import { truthsOf } from "../judgement.ts";
import { pictureShape } from "../pictures.ts";
import { folderSource } from "./folder.ts";
import { rawPixels, rawTensor, stdinSource } from "./raw.ts";
import type { Source } from "./source.ts";
import { storedSource } from "./stored.ts";
import { isVideo, videoSource } from "./video.ts";

export type { Source, SourceFrame } from "./source.ts";

export interface SourceOptions {
  /** Frames a second. */
  rate: number;
  /** Frames at most; without it a source is shown once, or for as long as it goes on. */
  count?: number | undefined;
  /** What replaces a study's data and model. */
  data?: string | undefined;
  model?: string | undefined;
  /** Told of what is passed over. */
  warn(text: string): void;
}

/**
 * `-`: raw frames on stdin; a study (.yaml, .json): its own test data; a folder of pictures; an array (.npy, .npz); a video
 * or a camera.
 * @throws InputError `ERR_SOURCE` where there is none of these, or it does not fit the deployment's model
 */
export async function openSource(input: string, deployment: Deployment, options: SourceOptions): Promise<Source> {
  const { rate, count = Infinity } = options;
  const shape = pictureShape(deployment);
  const ports = capturedPorts(deployment);
  const [port, ...others] = ports;
  if (others.length > 0 && !/^\.(ya?ml|json|np[yz])$/.test(extname(input)))
    throw new InputError(
      "ERR_SOURCE",
      `${input}: the model takes ${ports.map(({ tensor }) => `"${tensor}"`).join(", ")}; expected a study, or an .npz with an array for each`,
    );
  if (input === "-")
    return stdinSource(
      shape ? rawPixels(port!.shape.reduce((a, b) => a * b, 1)) : rawTensor(port!.type, port!.shape),
      count,
    );
  const { normalise, layout, classes } = deployment;
  const stored = (data: Dataset): Source =>
    storedSource(bound(data, input), {
      rate,
      count: count === Infinity ? data.count : count,
      truth: truthsOf(deployment, data),
    });
  const bound = (data: Dataset, where: string): Samples => {
    if (others.length === 0 && !data.empty) checked(data, where, port!.shape);
    return samplesOf(data, ports, { normalise, layout });
  };
  if (/^\.(ya?ml|json)$/.test(extname(input))) {
    const study = await readStudy(input, { model: options.model, data: options.data });
    const data = await openData(forDeployment({ ...study.data, normalise, layout }, ports), "test", {
      unlabelled: true,
    });
    return stored(data);
  }
  if (/^\.np[yz]$/.test(extname(input))) {
    const limit = { test: 2 ** 31 - 1, train: 1 };
    const data = await openData(
      forDeployment({ format: "npy", path: input, classes, normalise, layout, limit }, ports),
      "test",
      { whole: true },
    );
    return stored(data);
  }
  const isFolder = await stat(input).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder && !isVideo(input))
    throw new InputError(
      "ERR_SOURCE",
      `${input}: expected a folder of pictures, a study, .npy or .npz, a video, rtsp://..., /dev/video0, or - for raw frames on stdin`,
    );
  if (!shape)
    throw new InputError(
      "ERR_SOURCE",
      `${input}: the model takes no pictures but ${port!.type} [${port!.shape.join(", ")}]`,
    );
  if (!isFolder) return videoSource(input, shape, rate, count);
  return folderSource(input, shape, { rate, most: count, warn: options.warn });
}

function checked(data: Dataset, input: string, shape: readonly number[]): Dataset {
  const { dims } = data.batch([0]);
  if (dims.join() !== shape.join())
    throw new InputError("ERR_SOURCE", `${input}: expected samples of [${shape.join(", ")}], got [${dims.join(", ")}]`);
  return data;
}
