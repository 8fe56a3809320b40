/** @file Pictures that a table names, or holds. */
import type { DataFormat } from "../format.ts";
import { looksLikeTable, readTableFolder, tableEndings } from "../table/index.ts";
import { annotatedPictures, openAnnotated, splitWords } from "./annotated.ts";

export const table: DataFormat = {
  ...annotatedPictures,
  means: "pictures with a table: CSV, TSV, JSONL or Parquet of files and texts, labels or numbers",
  about:
    `a table (${tableEndings}) with a row per picture: \`labels.tsv\` or \`metadata.jsonl\` beside the pictures, as Hugging ` +
    "Face's image folders have it, or Parquet with the pictures inside. A table each in `train/` and `test/` (or `val/`), or " +
    "named `train.csv`, `test-00000-of-00001.parquet`, is a split; so are rows with a column `split`. Columns are found by " +
    "usual names (`file`, `file_name`, `path`, `image`; `text`, `transcription`, `label`, `caption`; `value`, `target`), or " +
    "named by `data.columns`. CSV has quotes as RFC 4180 has them, in TSV a quote is a character. Classes are the labels that " +
    `there are, sorted, or as \`classes.txt\` or the study's \`classes\` have them. ${splitWords}`,
  detect: looksLikeTable,
  open: (source) =>
    openAnnotated(
      "table",
      (path, split, classes) => readTableFolder(path, split, classes, source.options.columns),
      source,
    ),
};
