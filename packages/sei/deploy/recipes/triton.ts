/** @file A Triton model repository: the configuration of a segment, in protobuf's text format. */
import type { DeployedSegment, Port } from "@split-et-impera/core/deploy";
import { parseModel, type ModelProto } from "@split-et-impera/core/onnx";
import type { TensorType } from "@split-et-impera/core/tensor";

/** Names of `inference.DataType`. */
const types: Readonly<Record<TensorType, string>> = {
  float32: "TYPE_FP32",
  float64: "TYPE_FP64",
  float16: "TYPE_FP16",
  bfloat16: "TYPE_BF16",
  int8: "TYPE_INT8",
  uint8: "TYPE_UINT8",
  int16: "TYPE_INT16",
  uint16: "TYPE_UINT16",
  int32: "TYPE_INT32",
  uint32: "TYPE_UINT32",
  int64: "TYPE_INT64",
  uint64: "TYPE_UINT64",
  bool: "TYPE_BOOL",
  string: "TYPE_STRING",
};

/**
 * `config.pbtxt` of a segment. No batching beyond the model's own dimensions (`max_batch_size` 0), which Triton wants as the
 * file declares them, -1 where a size is open: then a frame's tensors with their batch of one fit.
 * @param header a line of comment
 * @param model the segment's file
 */
export function tritonConfig(header: string, { name, inputs, outputs }: DeployedSegment, model: Uint8Array): string {
  const { graph } = parseModel(model);
  const side = (key: "input" | "output", ports: readonly Port[]): string =>
    ports
      .map(
        ({ tensor, type, shape }) => `${key} {
  name: ${quoted(tensor)}
  data_type: ${types[type]}
  dims: [${declaredDims(graph![key], tensor, shape).join(", ")}]
}`,
      )
      .join("\n");
  return `# ${header}
name: ${quoted(name)}
platform: "onnxruntime_onnx"
max_batch_size: 0
${side("input", inputs)}
${side("output", outputs)}
instance_group { count: 1 kind: KIND_AUTO }
`;
}

/** As declared; a frame's own where the file does not say. */
function declaredDims(
  declared: NonNullable<ModelProto["graph"]>["input"],
  tensor: string,
  shape: readonly number[],
): number[] {
  const type = declared.find(({ name }) => name === tensor)?.type?.value;
  const dims = type?.case === "tensorType" ? type.value.shape?.dim : undefined;
  return dims?.map(({ value }) => (value.case === "dimValue" ? Number(value.value) : -1)) ?? [...shape];
}

/** A string of the text format: its escapes are C's, bytes beyond ASCII may stand as they are. */
const quoted = (text: string): string => {
  const octal = (c: string): string => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`;
  return `"${text.replaceAll(/[\\"]/g, String.raw`\$&`).replaceAll(/\p{Cc}/gu, (c) => (c < "\x80" ? octal(c) : c))}"`;
};
