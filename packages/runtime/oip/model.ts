/** @file What is served: a segment as tensors in and tensors out, and the bounds that follow from them. */
import type { Port } from "@split-et-impera/core/deploy";
import { InputError } from "@split-et-impera/core/errors";
import { sizeOf, type Tensors } from "@split-et-impera/core/tensor";
import { datatypes } from "./datatypes.ts";

export interface ServedModel {
  name: string;
  inputs: readonly Port[];
  outputs: readonly Port[];
  /**
   * Runs it when its turn has come.
   * @param begin called at that time; what it throws is what the run ends with
   * @returns undefined where too many wait already
   */
  run(feeds: Tensors, outputs: readonly string[], begin: () => void): Promise<Tensors> | undefined;
}

/** The only one there is. */
export const modelVersion = "1";

/** What a request or an answer says beside its tensors. */
const headerBytes = 64 * 1024;
/** A number in JSON with its comma and some blanks: the longest of float64 has 24 characters. */
const numberBytes = 32;

/** The largest request, or answer, that can mean something: all of these tensors, each as bytes or as numbers. */
export const mostMessageBytes = (ports: readonly Port[]): number =>
  ports.reduce((sum, { shape, bytes }) => sum + Math.max(bytes, numberBytes * sizeOf(shape)), headerBytes);

/** @throws InputError `ERR_DEPLOYMENT_HOST` of a model with strings, whose size nothing bounds */
export function checkServable({ name, inputs, outputs }: ServedModel): void {
  const text = [...inputs, ...outputs].find(({ type }) => type === "string");
  if (text)
    throw new InputError("ERR_DEPLOYMENT_HOST", `${name}: "${text.tensor}" is of strings, which are not served`);
}

const described = ({ tensor, type, shape }: Port): object => ({ name: tensor, datatype: datatypes[type], shape });

/** As `GET /v2/models/NAME` says it. */
export const metadataOf = ({ name, inputs, outputs }: ServedModel): object => ({
  name,
  versions: [modelVersion],
  platform: "onnxruntime_onnx",
  inputs: inputs.map(described),
  outputs: outputs.map(described),
});
