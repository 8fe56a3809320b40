/** @file What a deployment's hosts need for pictures: files of them, and the model's input made of pixels. */
import type { Deployment, PictureCodec } from "@split-et-impera/core/deploy";
import { InputError } from "@split-et-impera/core/errors";
import type { Pictures } from "@split-et-impera/runtime/host";
import { decodeImage, encodeImage, imageBatch, type ImageFormat, type ImageShape } from "../data/index.ts";

/** The pictures that a deployment's model takes; undefined where its input is none. */
export function pictureShape({ segments, layout }: Deployment): ImageShape | undefined {
  const [input] = segments[0]!.inputs;
  const [batch, ...dims] = input!.shape;
  if (batch !== 1 || dims.length !== 3 || input!.type !== "float32") return undefined;
  const [channels, height, width] = layout === "NCHW" ? dims : [dims[2], dims[0], dims[1]];
  if (channels !== 1 && channels !== 3) return undefined;
  return { height: height!, width: width!, channels };
}

/** Undefined where the model takes no pictures. */
export function picturesOf(deployment: Deployment): Pictures | undefined {
  const shape = pictureShape(deployment);
  if (!shape) return undefined;
  const as = ({ format, quality }: PictureCodec): ImageFormat => ({
    format,
    ...(quality !== undefined && { quality }),
  });
  return {
    encode: async (pixels, _, codec) => Uint8Array.from(await encodeImage(pixels, shape, as(codec))),
    async decode(file, _, codec) {
      try {
        return await decodeImage(file, shape, as(codec));
      } catch (error) {
        if (error instanceof InputError) return undefined;
        throw error;
      }
    },
    input: (pixels) => imageBatch([pixels], shape, deployment.normalise, deployment.layout),
  };
}
