/** @file Pictures that a table names, or holds; and inputs of a model in its columns. */
import { float32 } from "@split-et-impera/core/tensor";
import type { AnnotatedPicture } from "../annotations/index.ts";
import type { Dataset, NamedInput } from "../dataset.ts";
import type { DataFormat, Source } from "../format.ts";
import { columnInput, looksLikeTable, readTableFolder, tableEndings } from "../table/index.ts";
import { annotatedPictures, chosenRows, openAnnotated, splitWords } from "./annotated.ts";

export const table: DataFormat = {
  ...annotatedPictures,
  pictures: false,
  means: "pictures with a table: CSV, TSV, JSONL or Parquet of files and texts, labels or numbers",
  about:
    `a table (${tableEndings}) with a row per picture: \`labels.tsv\` or \`metadata.jsonl\` beside the pictures, as Hugging ` +
    "Face's image folders have it, or Parquet with the pictures inside. A table each in `train/` and `test/` (or `val/`), or " +
    "named `train.csv`, `test-00000-of-00001.parquet`, is a split; so are rows with a column `split`. Columns are found by " +
    "usual names (`file`, `file_name`, `path`, `image`; `text`, `transcription`, `label`, `caption`; `value`, `target`), or " +
    "named by `data.columns`. CSV has quotes as RFC 4180 has them, in TSV a quote is a character. Classes are the labels that " +
    `there are, sorted, or as \`classes.txt\` or the study's \`classes\` have them. ${splitWords} Of a model of several inputs, ` +
    "columns of their names (or as `data.inputs` has them) are what is fed: a number, a list of numbers (`[5, 7]`, `5 7`), the " +
    "file of an array (`.npy`) or of a picture; then there need be no column of files. Lists of whole numbers are filled up with " +
    "zeros, or cut, to the input's length.",
  detect: looksLikeTable,
  async open(source) {
    const { wants } = source.options;
    const found = await readTableFolder(
      source.path,
      source.split,
      source.options.classes,
      source.options.columns,
      wants,
    );
    const { chosen, notes } = chosenRows(found, source);
    const named = await inputsOf(chosen, source);
    const [first] = chosen;
    const hasPictures = first!.bytes !== undefined || first!.path !== source.path;
    const pictured = hasPictures && (await openAnnotated("table", () => Promise.resolve(found), source));
    const base = pictured || (await rowsAlone(found.classes, chosen, named.inputs, source, notes));
    if (named.inputs.size === 0) return base;
    return { ...base, inputs: named.inputs, notes: [...base.notes, ...named.notes] };
  },
};

async function inputsOf(
  chosen: readonly AnnotatedPicture[],
  { options }: Source,
): Promise<{ inputs: Map<string, NamedInput>; notes: string[] }> {
  const inputs = new Map<string, NamedInput>();
  const notes: string[] = [];
  for (const want of options.wants ?? []) {
    if (!chosen[0]!.inputs?.[want.name]) continue;
    const read = await columnInput(
      chosen.map((one) => one.inputs![want.name]!),
      want,
      options,
    );
    inputs.set(want.name, read.input);
    notes.push(...read.notes);
  }
  return { inputs, notes };
}

/** Rows of nothing but inputs: the first of them stands for the data's own numbers. */
async function rowsAlone(
  classes: string[],
  chosen: readonly AnnotatedPicture[],
  inputs: ReadonlyMap<string, NamedInput>,
  { split }: Source,
  notes: string[],
): Promise<Dataset> {
  const annotations = await Promise.all(chosen.map((one) => one.annotation({ height: 0, width: 0 })));
  const [[main, first]] = [...inputs] as [[string, NamedInput]];
  return {
    name: `table ${split}`,
    classes,
    count: chosen.length,
    annotation: (index) => annotations[index]!,
    main,
    batch: (indices) => float32([indices.length, ...first.dims], Float32Array.from(first.batch(indices))),
    notes,
  };
}
