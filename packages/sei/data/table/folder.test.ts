import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Annotated } from "../annotations/index.ts";
import { looksLikeTable, readTableFolder } from "./index.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-table-folder-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = async (name: string, content: string | Uint8Array): Promise<void> => {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};

/** Files, and what is said of them. */
const said = async ({ pictures }: Annotated): Promise<unknown[]> =>
  Promise.all(
    pictures.map(async ({ path, annotation }) => [
      path.slice(folder.length + 1),
      await annotation({ height: 1, width: 1 }),
    ]),
  );

test("texts beside pictures", async () => {
  await put("labels.tsv", 'file\ttext\n0.jpg\t5" x 7\n1.jpg\t\n');
  const found = await readTableFolder(folder, "test");
  expect([found.classes, found.split]).toEqual([[], false]);
  expect(await said(found)).toEqual([
    ["0.jpg", { text: '5" x 7' }],
    ["1.jpg", { text: "" }],
  ]);
  expect(await said(await readTableFolder(join(folder, "labels.tsv"), "train"))).toHaveLength(2);
});

test("an image folder with metadata for each split; labels by name", async () => {
  await put("train/metadata.jsonl", '{"file_name":"a.png","label":"dog"}\n{"file_name":"b/c.png","label":"cat"}\n');
  await put("test/metadata.csv", "file_name,label\nd.png,cat\n");
  const train = await readTableFolder(folder, "train");
  expect([train.classes, train.split]).toEqual([["cat", "dog"], true]);
  expect(await said(train)).toEqual([
    ["train/a.png", { label: 1, text: "dog" }],
    ["train/b/c.png", { label: 0, text: "cat" }],
  ]);
  expect(await said(await readTableFolder(folder, "test", ["dog", "cat"]))).toEqual([
    ["test/d.png", { label: 1, text: "cat" }],
  ]);
});

test("a file for each split, numbers, several labels; a column of splits", async () => {
  await put("train.csv", "path,target\na.png,1.5\n");
  await put("val.csv", "path,target\nb.png,2\n");
  expect(await said(await readTableFolder(folder, "train"))).toEqual([["a.png", { values: [1.5] }]]);
  expect(await said(await readTableFolder(folder, "test"))).toEqual([["b.png", { values: [2], label: 2 }]]);

  await put("all/data.csv", 'file,tags,split\na.png,"cat|dog",train\nb.png,,test\n');
  const all = await readTableFolder(join(folder, "all"), "test");
  expect([all.classes, all.split, (await said(all))[0]]).toEqual([["cat", "dog"], true, ["all/b.png", { labels: [] }]]);
  expect((await readTableFolder(join(folder, "all"), "train")).pictures).toHaveLength(1);
});

test("pictures inside Parquet, in shards", async () => {
  const shard = (from: number): Uint8Array =>
    new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: "image", data: Array.from({ length: 40 }, (_, i) => Uint8Array.of(from + i)), type: "BYTE_ARRAY" },
          { name: "label", data: Array.from({ length: 40 }, (_, i) => i % 3), type: "INT32" },
        ],
      }),
    );
  await put("data/test-00000-of-00002.parquet", shard(0));
  await put("data/test-00001-of-00002.parquet", shard(100));
  const found = await readTableFolder(folder, "test");
  expect([found.classes, found.split, found.pictures.length]).toEqual([["0", "1", "2"], true, 80]);
  const bytes = await Promise.all([0, 39, 41].map((i) => found.pictures[i]!.bytes!()));
  expect(bytes).toEqual([Uint8Array.of(0), Uint8Array.of(39), Uint8Array.of(101)]);
  expect(await found.pictures[41]!.annotation({ height: 1, width: 1 })).toMatchObject({ label: 1 });
});

test.for<[Record<string, string>, RegExp]>([
  [{ "a.txt": "" }, /expected a table \(\.csv, .*\) of the pictures beside it, got none/],
  [{ "labels.csv": "x,y\n1,2\n" }, /labels\.csv: expected a column of the file .*; its columns are x, y/],
  [{ "labels.csv": "file,text\n,2\n" }, /labels\.csv:2: expected a file in the column file, got nothing/],
  [
    { "labels.csv": "file,text\na,2\n", "metadata.csv": "" },
    /expected one table, or one for each split; .*, got labels/,
  ],
  [{ "labels.csv": "file,value\na.png,1\nb.png,much\n" }, /labels\.csv:3: expected a finite number, got "much"/],
])("what is wrong is told", async ([files, message]) => {
  for (const [name, content] of Object.entries(files)) await put(name, content);
  await expect(readTableFolder(folder, "test")).rejects.toThrow(message);
});

test("a folder with a table of a usual name is one", () => {
  expect(looksLikeTable("/x", ["labels.tsv", "0.jpg"])).toBe(true);
  expect(looksLikeTable("/x", ["train-00000-of-00001.parquet"])).toBe(true);
  expect(looksLikeTable("/x/some.csv", ["some.csv"])).toBe(true);
  expect(looksLikeTable("/x", ["cat", "dog", "notes.csv"])).toBe(false);
});
