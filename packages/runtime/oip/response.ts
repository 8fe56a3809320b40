/** @file An answer, written: JSON, and behind it the outputs that were wanted as bytes. */
import type { Tensor, Tensors } from "@split-et-impera/core/tensor";
import { bytesOfTensor, datatypes, jsonOfTensor } from "./datatypes.ts";
import { RequestError } from "./error.ts";
import { modelVersion } from "./model.ts";
import type { InferRequest } from "./request.ts";

export interface Written {
  headers: Record<string, string>;
  parts: Uint8Array[];
}

/** @throws RequestError 400 where JSON cannot say an output */
export function writeResponse(model: string, { id, outputs }: InferRequest, made: Tensors): Written {
  const parts: Uint8Array[] = [];
  const described = outputs.map(({ port, binary }) => {
    const found = made[port.tensor]!;
    const head = `"name":${JSON.stringify(port.tensor)},"datatype":"${datatypes[port.type]}","shape":[${found.dims.join()}]`;
    if (!binary) return `{${head},"data":${numbersOf(port.tensor, found)}}`;
    const bytes = bytesOfTensor(found);
    parts.push(bytes);
    return `{${head},"parameters":{"binary_data_size":${bytes.length}}}`;
  });
  const named = id === undefined ? "" : `"id":${JSON.stringify(id)},`;
  const json = new TextEncoder().encode(
    `{${named}"model_name":${JSON.stringify(model)},"model_version":"${modelVersion}","outputs":[${described.join(",")}]}`,
  );
  const length = parts.reduce((sum, part) => sum + part.length, json.length);
  return {
    headers: {
      "Content-Type": parts.length > 0 ? "application/octet-stream" : "application/json",
      "Content-Length": String(length),
      ...(parts.length > 0 && { "Inference-Header-Content-Length": String(json.length) }),
    },
    parts: [json, ...parts],
  };
}

function numbersOf(name: string, tensor: Tensor): string {
  try {
    return jsonOfTensor(tensor);
  } catch (error) {
    if (error instanceof RequestError) throw new RequestError(error.status, `output "${name}": ${error.message}`);
    throw error;
  }
}
