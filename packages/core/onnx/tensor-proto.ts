/** @file TensorProto to Tensor and back. */
import { create } from "@bufbuild/protobuf";
import { TensorProtoSchema, TensorProto_DataLocation, type TensorProto } from "onnx-buf";
import { InputError } from "../errors/index.ts";
import { elementBytes, sizeOf, typedArrays, type Tensor, type TensorType } from "../tensor/index.ts";
import { elementType, tensorType } from "./element-type.ts";

/** The dimensions of a stored tensor, checked to be non-negative and of a size that memory can hold. */
export function protoDims(proto: TensorProto): number[] {
  const dims = proto.dims.map(Number);
  const size = sizeOf(dims);
  if (dims.some((dim) => dim < 0) || !(size <= 2 ** 40)) {
    throw new InputError("ERR_MODEL_CORRUPT", `tensor "${proto.name}": impossible shape [${dims.join(", ")}]`);
  }
  return dims;
}

/**
 * Checks without reading the data that a stored tensor's shape is possible and that there are as many elements as it
 * says. Element types that no tensor here can hold are passed over; so are external data.
 */
export function checkProto(proto: TensorProto): void {
  const size = sizeOf(protoDims(proto));
  const type = tensorType(proto.dataType);
  if (type === undefined || isExternal(proto)) return;
  const raw = proto.rawData.length > 0 && type !== "string";
  const found = raw ? proto.rawData.length / elementBytes(type) : storedData(proto, type).length;
  if (found !== size) throw wrongLength(proto, size, found);
}

/** Bytes that a stored tensor takes; 0 for strings and for element types that no tensor here can hold. */
export function protoBytes(proto: TensorProto): number {
  const type = tensorType(proto.dataType);
  return type === undefined ? 0 : sizeOf(protoDims(proto)) * elementBytes(type);
}

export function isExternal(proto: TensorProto): boolean {
  return proto.dataLocation === TensorProto_DataLocation.EXTERNAL;
}

/** Reads a stored tensor. Throws `InputError` when its data are missing, external, or of the wrong length. */
export function fromProto(proto: TensorProto): Tensor {
  const type = tensorType(proto.dataType);
  const dims = protoDims(proto);
  if (type === undefined) {
    throw new InputError(
      "ERR_MODEL_UNSUPPORTED",
      `tensor "${proto.name}": element type ${proto.dataType} is not supported`,
    );
  }
  if (isExternal(proto)) {
    throw new InputError(
      "ERR_MODEL_EXTERNAL",
      `tensor "${proto.name}": its data lie in an external file that was not read`,
    );
  }
  const size = sizeOf(dims);
  if (type === "string") {
    const data = proto.stringData.map((bytes) => new TextDecoder().decode(bytes));
    if (data.length !== size) throw wrongLength(proto, size, data.length);
    return { type, dims, data };
  }
  if (proto.rawData.length > 0) {
    const bytes = elementBytes(type);
    if (proto.rawData.length !== size * bytes) throw wrongLength(proto, size, proto.rawData.length / bytes);
    // A copy, because raw data may start at any byte of the file.
    return { type, dims, data: new typedArrays[type](new Uint8Array(proto.rawData).buffer) };
  }
  const data = typedData(proto, type);
  if (data.length !== size) throw wrongLength(proto, size, data.length);
  return { type, dims, data };
}

/** The field that holds the elements of a type where they are not raw (onnx.proto says which). */
function storedData(proto: TensorProto, type: TensorType): readonly unknown[] {
  switch (type) {
    case "string":
      return proto.stringData;
    case "float32":
      return proto.floatData;
    case "float64":
      return proto.doubleData;
    case "int64":
      return proto.int64Data;
    case "uint32":
    case "uint64":
      return proto.uint64Data;
    default:
      return proto.int32Data;
  }
}

function typedData(proto: TensorProto, type: Exclude<TensorType, "string">): Tensor["data"] {
  const stored = storedData(proto, type);
  if (type === "int64" || type === "uint64") return typedArrays[type].from(stored as readonly bigint[]);
  if (type === "uint32") return Uint32Array.from(stored as readonly bigint[], Number);
  return typedArrays[type].from(stored as readonly number[]);
}

function wrongLength(proto: TensorProto, expected: number, found: number): InputError {
  return new InputError(
    "ERR_MODEL_CORRUPT",
    `tensor "${proto.name}": expected ${expected} elements for its shape, found ${found}`,
  );
}

/** Stores a tensor; numbers as raw little-endian data. */
export function toProto(value: Tensor, name: string): TensorProto {
  const proto = create(TensorProtoSchema, {
    name,
    dataType: elementType(value.type),
    dims: value.dims.map(BigInt),
  });
  if (value.type === "string") {
    proto.stringData = (value.data as string[]).map((text) => new TextEncoder().encode(text));
  } else {
    const { buffer, byteOffset, byteLength } = value.data as Float32Array<ArrayBuffer>;
    proto.rawData = new Uint8Array(buffer, byteOffset, byteLength);
  }
  return proto;
}
