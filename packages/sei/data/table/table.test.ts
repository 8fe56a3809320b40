import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bytesOf, findColumns, namesOf, numbersOf, openTable, textOf, type Table } from "./index.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-table-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function put(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}
const open = async (name: string, content: string | Uint8Array): Promise<Table> => openTable(await put(name, content));
const all = (table: Table): Promise<unknown> => table.read(table.columns, 0, table.count);

test("CSV: quotes, separators and line ends inside them, CRLF, a byte order mark, lines without anything", async () => {
  const table = await open("a.csv", '\uFEFFfile,text\r\n"a.png","say ""hi"", you"\r\n\r\nb.png,"two\nlines"\nc.png,');
  expect(table.columns).toEqual(["file", "text"]);
  expect(await all(table)).toEqual([
    { file: "a.png", text: 'say "hi", you' },
    { file: "b.png", text: "two\nlines" },
    { file: "c.png", text: "" },
  ]);
  expect([0, 1, 2].map((row) => table.where(row).replace(/.*:/, ""))).toEqual(["2", "4", "6"]);
});

test("TSV: a quote is a character like any other", async () => {
  const table = await open("a.tsv", 'file\ttext\na.png\t5" x 7", "so"\n');
  expect(await all(table)).toEqual([{ file: "a.png", text: '5" x 7", "so"' }]);
});

test("JSON Lines: the fields of all lines are columns", async () => {
  const table = await open("metadata.jsonl", '{"file_name":"a.png","label":1}\n\n{"file_name":"b.png","x":[1,2]}\n');
  expect(table.columns).toEqual(["file_name", "label", "x"]);
  expect(await table.read(["file_name", "x", "label"], 1, 2)).toEqual([
    { file_name: "b.png", x: [1, 2], label: undefined },
  ]);
  expect(table.where(1)).toMatch(/metadata\.jsonl:3$/);
});

const parquet = (rows: number, rowGroupSize?: number): Uint8Array =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: "text", data: Array.from({ length: rows }, (_, i) => `text ${i}`), type: "STRING" },
        { name: "image", data: Array.from({ length: rows }, (_, i) => Uint8Array.of(i, 255)), type: "BYTE_ARRAY" },
        { name: "label", data: Array.from({ length: rows }, (_, i) => BigInt(i % 3)), type: "INT64" },
        { name: "score", data: Array.from({ length: rows }, (_, i) => i / 2), type: "DOUBLE" },
      ],
      ...(rowGroupSize !== undefined && { rowGroupSize }),
    }),
  );

test("Parquet: any rows of any columns, over row groups", async () => {
  const table = await open("train.parquet", parquet(50, 20));
  expect([table.columns, table.count]).toEqual([["text", "image", "label", "score"], 50]);
  const [one, two] = await table.read(["image", "text", "label"], 19, 21);
  expect([bytesOf(one!["image"]), textOf(one!["text"], "")]).toEqual([Uint8Array.of(19, 255), "text 19"]);
  expect([numbersOf(two!["label"], ""), textOf(two!["text"], "")]).toEqual([[2], "text 20"]);
  expect(await table.read(["score"], 48, 60)).toEqual([{ score: 24 }, { score: 24.5 }]);
});

test.for<[string, string | Uint8Array, RegExp]>([
  ["b.csv", "file,text\na.png\n", /b\.csv:2: expected 2 cells \(file, text\), got 1/],
  ["b.csv", 'file,text\n"a.png,x\n', /b\.csv:2: expected a closing quote, got the end of the file/],
  ["b.csv", 'file,text\n"a"b,x\n', /b\.csv:2: expected a comma or the end of the line after a cell, got "b"/],
  ["b.csv", 'file,te"xt\n', /b\.csv:1: expected a comma .* got "\\""/],
  ["b.tsv", "file\tfile\n", /b\.tsv:1: expected every column once, got "file" again/],
  ["b.tsv", "", /b\.tsv: expected a first line with the names of the columns, got an empty file/],
  ["b.tsv", "file\ttext\n", /b\.tsv: expected at least one row, got none/],
  ["b.tsv", Uint8Array.of(0x61, 0xff, 0x0a), /b\.tsv: expected a table as UTF-8 text, got other bytes/],
  ["b.jsonl", '{"a":1}\n[1]\n', /b\.jsonl:2: expected a JSON object, got a list/],
  ["b.jsonl", '{"a":1}\n{"a"\n', /b\.jsonl:2: expected a JSON object in one line, got /],
  ["b.parquet", "PAR1PAR1", /b\.parquet: expected a whole Parquet file, got /],
  ["b.parquet", parquet(50).subarray(0, 300), /b\.parquet: expected a whole Parquet file, got /],
  ["b.xlsx", "x", /b\.xlsx: expected a table \(\.csv, \.tsv, \.jsonl, \.ndjson, \.parquet\), got another ending/],
])("what is wrong in %s is told with its place", async ([name, content, message]) => {
  await expect(open(name, content)).rejects.toThrow(message);
});

test("columns are found by usual names, or said; an error lists those there are", () => {
  expect(findColumns(["File", "label", "start_s"], {}, ["file"], "t.csv")).toEqual({
    file: "File",
    text: "label",
    label: "label",
    start: "start_s",
  });
  expect(findColumns(["a", "text", "b"], { file: "a", text: "b" }, ["file"], "t.csv")).toEqual({
    file: "a",
    text: "b",
  });
  expect(() => findColumns(["a", "b"], {}, ["file"], "t.csv")).toThrow(
    "t.csv: expected a column of the file (file, file_name, filename, path, image, img, picture, audio, wav); its columns are a, b. data.columns.file says which",
  );
  expect(() => findColumns(["a", "b"], { text: "c" }, [], "t.csv")).toThrow(
    't.csv: data.columns.text: no column "c"; its columns are a, b',
  );
});

test("cells: text, numbers, names", () => {
  expect(textOf(new TextEncoder().encode("é"), "")).toBe("é");
  expect(textOf(null, "")).toBeUndefined();
  expect(() => textOf({}, "t.jsonl:3")).toThrow("t.jsonl:3: expected text, got an object");
  expect(numbersOf(" 2.5 ", "")).toEqual([2.5]);
  expect(numbersOf("[1, 2 3]", "")).toEqual([1, 2, 3]);
  expect(numbersOf([1, 2n], "")).toEqual([1, 2]);
  expect(numbersOf(Float32Array.of(0.5), "")).toEqual([0.5]);
  expect(numbersOf("", "")).toBeUndefined();
  expect(() => numbersOf("much", "t.csv:3")).toThrow('t.csv:3: expected a finite number, got "much"');
  expect(() => numbersOf([Number.NaN], "t.jsonl:1")).toThrow("t.jsonl:1: expected a finite number, got NaN");
  expect(namesOf("cat| dog ;", "")).toEqual(["cat", "dog"]);
  expect(namesOf(["cat", 3], "")).toEqual(["cat", "3"]);
  expect(namesOf("", "")).toEqual([]);
});
