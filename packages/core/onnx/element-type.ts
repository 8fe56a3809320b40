/** @file Element types: our names and ONNX's numbers. */
import { TensorProto_DataType as DataType } from "onnx-buf";
import type { TensorType } from "../tensor/index.ts";

const elementTypes: Record<TensorType, DataType> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  float16: DataType.FLOAT16,
  bfloat16: DataType.BFLOAT16,
  int8: DataType.INT8,
  uint8: DataType.UINT8,
  int16: DataType.INT16,
  uint16: DataType.UINT16,
  int32: DataType.INT32,
  uint32: DataType.UINT32,
  int64: DataType.INT64,
  uint64: DataType.UINT64,
  bool: DataType.BOOL,
  string: DataType.STRING,
};

/** ONNX's number for an element type. */
export function elementType(type: TensorType): DataType {
  return elementTypes[type];
}

/** The element type behind ONNX's number; undefined for those that no tensor here can hold (complex, float8, int4). */
export function tensorType(elemType: number): TensorType | undefined {
  return (Object.keys(elementTypes) as TensorType[]).find((type) => elementTypes[type] === (elemType as DataType));
}

/** ONNX's name for an element type, also for those that no tensor here can hold: `int4`, `float8e4m3fn`. */
export function elementTypeName(elemType: number): string {
  return tensorType(elemType) ?? DataType[elemType]?.toLowerCase() ?? `element type ${elemType}`;
}
