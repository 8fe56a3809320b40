/** @file Writes examples/*.schema.json and the tables of docs/study.md and docs/data.md: `node packages/sei/study/write-documents.ts`. */
import { readFile, writeFile } from "node:fs/promises";
import { documents } from "./documents.ts";

const root = new URL("../../../", import.meta.url);

for (const { file, content } of documents) {
  const url = new URL(file, root);
  await writeFile(url, content(await readFile(url, "utf8").catch(() => "")));
}
