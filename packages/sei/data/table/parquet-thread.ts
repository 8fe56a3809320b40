/** @file A thread that decodes Parquet for another one, which ends it where a file would keep it busy for ever. */
import {
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type AsyncBuffer,
  type FileMetaData,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { open } from "node:fs/promises";
import { parentPort } from "node:worker_threads";

/** What is asked: what a file holds, or some of its rows. */
export interface ParquetRequest {
  path: string;
  bytes: number;
  rows?: { columns: readonly string[]; from: number; to: number };
}

export type ParquetAnswer =
  | { kind: "outline"; columns: string[]; groups: { rows: number; bytes: number }[]; count: number }
  | { kind: "rows"; rows: Record<string, unknown>[] }
  | { kind: "error"; message: string };

parentPort!.on("message", (request: ParquetRequest) => {
  answer(request).then(
    (found) => parentPort!.postMessage(found),
    (error: Error) => parentPort!.postMessage({ kind: "error", message: error.message } satisfies ParquetAnswer),
  );
});

/** The file that was asked about last: its rows are asked for one after the other. */
let known: { path: string; metadata: FileMetaData } | undefined;

async function answer({ path, bytes, rows }: ParquetRequest): Promise<ParquetAnswer> {
  const file = bufferOf(path, bytes);
  if (known?.path !== path || !rows) known = { path, metadata: await parquetMetadataAsync(file) };
  const { metadata } = known;
  if (rows) {
    const { columns, from, to } = rows;
    const options = { file, metadata, columns: [...columns], rowStart: from, rowEnd: to, compressors, utf8: false };
    return { kind: "rows", rows: await parquetReadObjects(options) };
  }
  return {
    kind: "outline",
    columns: parquetSchema(metadata).children.map(({ element }) => element.name),
    count: Number(metadata.num_rows),
    groups: metadata.row_groups.map((group) => ({
      rows: Number(group.num_rows),
      bytes: group.columns.reduce((sum, { meta_data: own }) => sum + Number(own?.total_uncompressed_size ?? 0), 0),
    })),
  };
}

function bufferOf(path: string, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    async slice(start, end = byteLength) {
      // Offsets come from the file: nothing outside it is there to be read.
      const size = Math.min(end, byteLength) - start;
      if (!(start >= 0 && size >= 0)) throw new RangeError(`bytes ${start} to ${end} of ${byteLength}`);
      const bytes = new Uint8Array(size);
      const handle = await open(path);
      try {
        await handle.read(bytes, 0, size, start);
      } finally {
        await handle.close();
      }
      return bytes.buffer;
    },
  };
}
