/** @file A request to infer and its answer, as Protocol Buffers have them, from and to what all ways of asking share. */
import type { Tensors } from "@split-et-impera/core/tensor";
import { bytesOfTensor, datatypes } from "../datatypes.ts";
import { RequestError } from "../error.ts";
import { modelVersion, type ServedModel } from "../model.ts";
import { requestOf, type InferRequest } from "../request.ts";

/** `ModelInferRequest`, as it is read. */
export interface ModelInferRequest {
  modelName: string;
  modelVersion: string;
  id: string;
  parameters: Parameters;
  inputs: InferTensor[];
  outputs: { name: string; parameters: Parameters }[];
  rawInputContents: Uint8Array[];
}

interface InferTensor {
  name: string;
  datatype: string;
  shape: bigint[];
  contents?: Readonly<Record<string, unknown>>;
}

type Parameters = Readonly<Record<string, { choice: { case?: string; value?: unknown } }>>;

/** Which numbers of `InferTensorContents` a datatype has. */
const contentsOf: Readonly<Record<string, string>> = {
  BOOL: "boolContents",
  INT8: "intContents",
  INT16: "intContents",
  INT32: "intContents",
  INT64: "int64Contents",
  UINT8: "uintContents",
  UINT16: "uintContents",
  UINT32: "uintContents",
  UINT64: "uint64Contents",
  FP32: "fp32Contents",
  FP64: "fp64Contents",
};

/**
 * Inputs stand in `contents`, or all of them, in their order, in `raw_input_contents`.
 * @throws RequestError 400
 */
export function readInfer(given: ModelInferRequest, model: ServedModel): InferRequest {
  const { id, inputs, outputs, rawInputContents: raw } = given;
  if (raw.length > 0 && raw.length !== inputs.length)
    throw new RequestError(
      400,
      `raw_input_contents: expected one for each of ${inputs.length} inputs, got ${raw.length}`,
    );
  const fields = {
    ...(id !== "" && { id }),
    parameters: plain(given.parameters),
    inputs: inputs.map(({ name, datatype, shape, contents }, i) => ({
      name,
      datatype,
      shape: shape.map(Number),
      ...(raw.length > 0
        ? { parameters: { binary_data_size: raw[i]!.length } }
        : { data: numbers(contents?.[contentsOf[datatype] ?? ""]) }),
    })),
    outputs: outputs.map(({ name }) => ({ name })),
  };
  return requestOf(fields, raw.length === 1 ? raw[0]! : Buffer.concat(raw), model);
}

const plain = (parameters: Parameters): Record<string, unknown> =>
  Object.fromEntries(Object.entries(parameters).map(([name, { choice }]) => [name, number(choice.value)]));

const numbers = (list: unknown): unknown => (Array.isArray(list) ? list.map(number) : undefined);

const number = (value: unknown): unknown => (typeof value === "bigint" ? Number(value) : value);

/** The fields of `ModelInferResponse`: every output as bytes. */
export function writeInfer(name: string, { id, outputs }: InferRequest, made: Tensors): object {
  return {
    modelName: name,
    modelVersion,
    id: id ?? "",
    outputs: outputs.map(({ port }) => ({
      name: port.tensor,
      datatype: datatypes[port.type],
      shape: made[port.tensor]!.dims.map(BigInt),
    })),
    rawOutputContents: outputs.map(({ port }) => bytesOfTensor(made[port.tensor]!)),
  };
}
