/** @file Readers of tables: CSV, TSV, JSON Lines and Parquet, with what stands in their cells. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { strToU8 } from "fflate";
import { parquetWriteBuffer } from "hyparquet-writer";
import { findColumns, namesOf, numbersOf, openTable, textOf } from "../../packages/sei/dist/data/table/index.js";
import { mutateBytes } from "../mutate/bytes.ts";
import type { Target } from "../target.ts";

const rows = Array.from({ length: 30 }, (_, i) => i);
const seeds: Record<string, () => Uint8Array> = {
  csv: () => strToU8('file,text,value\n"a.png","say ""hi"", you",1.5\nb.png,"two\nlines",[1 2]\nc.png,,\n'),
  tsv: () => strToU8(`file\tstart_s\tend_s\n${rows.map((i) => `${i}.wav\t${i}.5\t${i + 1}\n`).join("")}`),
  jsonl: () => strToU8('{"file_name":"a.png","labels":[1,2]}\n{"file_name":"b.png","text":null,"label":"x"}\n'),
  parquet: () =>
    new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: "text", data: rows.map((i) => `text ${i % 4}`), type: "STRING" },
          { name: "image", data: rows.map((i) => Uint8Array.of(i, 255, 3)), type: "BYTE_ARRAY" },
          { name: "value", data: rows.map((i) => i / 2), type: "DOUBLE" },
          { name: "label", data: rows.map((i) => i % 3), type: "INT32" },
        ],
        rowGroupSize: 20,
      }),
    ),
};

export const tables: readonly Target[] = Object.entries(seeds).map(([ending, seed]): Target => ({
  name: `table: ${ending}`,
  // Some changes keep the decoder of Parquet busy until it is ended.
  share: ending === "parquet" ? 300 : 3000,
  seeds: () => [seed()],
  mutate: (bytes, random) => mutateBytes(bytes as Uint8Array, random),
  async read(input, folder) {
    const path = join(folder, `t.${ending}`);
    await writeFile(path, input as Uint8Array);
    const table = await openTable(path);
    const columns = Object.values(findColumns(table.columns, {}, [], path));
    for (const [i, cells] of (await table.read(columns, 0, Math.min(table.count, 50))).entries()) {
      for (const cell of Object.values(cells)) {
        for (const reader of [textOf, numbersOf, namesOf]) {
          try {
            reader(cell, table.where(i));
          } catch (error) {
            // A cell is not all of these.
            if (!(error instanceof Error && error.name === "InputError")) throw error;
          }
        }
      }
    }
  },
}));
