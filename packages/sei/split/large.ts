/** @file Models with more weights than a listing or one file should hold: weights stay where they are, or are copied by range. */
import { isExternal, protoBytes, withFields, type ModelProto, type TensorProto } from "@split-et-impera/core/onnx";
import { clone } from "@bufbuild/protobuf";
import { open, type FileHandle } from "node:fs/promises";
import { StringStringEntryProtoSchema, TensorProtoSchema } from "onnx-buf";
import { create } from "@bufbuild/protobuf";
import type { OpenedModel } from "../model/index.ts";

/** From this many bytes of weights on, nothing loads them without being asked, and segments keep them beside the file. */
export const large = 2 ** 28;

/** Offsets that the runtime can map. */
const alignment = 4096;
const chunk = 2 ** 23;

/** A part of an opened model whose weights are to lie in `data`, a file beside it, and the bytes to copy there. */
export function moveWeights(
  part: ModelProto,
  data: string,
): { model: ModelProto; moves: { tensor: TensorProto; at: number }[] } {
  let end = 0;
  const moves: { tensor: TensorProto; at: number }[] = [];
  const initializer = part.graph!.initializer.map((tensor) => {
    if (!isExternal(tensor)) return tensor;
    const at = Math.ceil(end / alignment) * alignment;
    const length = protoBytes(tensor);
    end = at + length;
    moves.push({ tensor, at });
    const moved = clone(TensorProtoSchema, tensor);
    moved.externalData = Object.entries({ location: data, offset: at, length }).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value: String(value) }),
    );
    return moved;
  });
  return { model: withFields(part, { graph: withFields(part.graph!, { initializer }) }), moves };
}

/** Copies weights to their places in a new file, a few megabytes at a time. */
export async function copyWeights(
  locate: OpenedModel["locate"],
  moves: readonly { tensor: TensorProto; at: number }[],
  file: string,
): Promise<void> {
  const buffer = new Uint8Array(chunk);
  const sources = new Map<string, FileHandle>();
  await using target = await open(file, "w");
  try {
    for (const { tensor, at } of moves) {
      const range = await locate(tensor);
      let source = sources.get(range.file);
      if (!source) sources.set(range.file, (source = await open(range.file)));
      for (let done = 0; done < range.length;) {
        const wanted = Math.min(chunk, range.length - done);
        const { bytesRead } = await source.read(buffer, 0, wanted, range.offset + done);
        if (bytesRead === 0) throw new Error(`${range.file} became shorter while it was read`);
        await target.write(buffer, 0, bytesRead, at + done);
        done += bytesRead;
      }
    }
  } finally {
    for (const source of sources.values()) await source.close();
  }
}
