/** @file What a model's metadata say of its task: the words that exporters write into ONNX files. */
import type { ModelProto } from "@split-et-impera/core/onnx";
import type { TaskKind } from "@split-et-impera/core/task";

export interface ModelWords {
  /** As it stands there, and the task that it means: Ultralytics' `task`. */
  task?: { word: string; kind: TaskKind };
  /** Classes in the model's order: Ultralytics' `names`. */
  names?: readonly string[];
  /** The characters that a text recogniser reads, without its blank: PaddleOCR's `character`, one a line. */
  alphabet?: readonly string[];
}

/** Of Ultralytics' tasks those that are read as one of ours. */
const kinds: Readonly<Record<string, TaskKind>> = {
  classify: "classification",
  detect: "detection",
  pose: "keypoints",
};

/** Reads what is known of `metadata_props`; what is written otherwise counts as not there. */
export function modelWords({ metadataProps }: Pick<ModelProto, "metadataProps">): ModelWords {
  const said = new Map(metadataProps.map(({ key, value }) => [key, value]));
  const word = said.get("task")?.trim();
  const kind = word !== undefined && Object.hasOwn(kinds, word) ? kinds[word] : undefined;
  const names = namesIn(said.get("names") ?? "");
  const alphabet = said
    .get("character")
    ?.split(/\r?\n/)
    .filter((one) => one !== "");
  return {
    ...(word !== undefined && kind && { task: { word, kind } }),
    ...(names && { names }),
    ...(alphabet && alphabet.length > 1 && { alphabet }),
  };
}

/** One entry of a dictionary as Python prints it: `0: 'person'`, `1: "driver's seat"`. */
const entry = /(\d{1,6})\s*:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g;

/** `{0: 'person', 1: 'bicycle'}`; undefined where numbers are missing. */
function namesIn(text: string): string[] | undefined {
  const found = new Map(
    Array.from(text.matchAll(entry), ([, number, single, double]) => [
      Number(number),
      (single ?? double ?? "").replaceAll(/\\(.)/g, "$1"),
    ]),
  );
  const names = Array.from({ length: found.size }, (_, i) => found.get(i));
  return names.length > 0 && names.every((name) => name !== undefined) ? names : undefined;
}
