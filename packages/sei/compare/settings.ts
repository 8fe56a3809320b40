/** @file What results were made from, where that is not the same in all of them. */
import { inputName, type Result } from "@split-et-impera/core/design";

export interface Setting {
  /** `links.0.rate`, `model.sha256`: fields of the study by their own names, others behind what they belong to. */
  path: string;
  /** Per result, in SI units; absent (null in JSON) where the result lacks it. */
  values: unknown[];
}

/**
 * Every field in which results were made differently. Where digests say that the content is the same, paths say nothing;
 * digests that an older result lacks are passed over.
 */
export function settingsOf(results: readonly Result[]): Setting[] {
  const all = results.map((result) => new Map(leavesOf("", made(result))));
  const paths = [...new Set(all.flatMap((leaves) => [...leaves.keys()]))];
  const known = (path: string): boolean => all.every((leaves) => leaves.has(path));
  const differs = (path: string): boolean => new Set(all.map((leaves) => JSON.stringify(leaves.get(path)))).size > 1;
  const equal = (path: string): boolean => known(path) && !differs(path);
  return paths
    .filter(differs)
    .filter((path) => !digests.has(path) || known(path))
    .filter((path) => path !== "model.path" || !equal("model.sha256"))
    .filter((path) => path !== "data.path" || !equal("data.test") || !equal("data.train"))
    .map((path) => ({ path, values: all.map((leaves) => leaves.get(path)) }));
}

const digests = new Set(["model.sha256", "data.test", "data.train"]);

/** With requirements and input formats as they are written, which says all of them. */
function made({ study, model, data, version, machine }: Result): Record<string, unknown> {
  const { requirements, explore, model: path, data: options, ...others } = study;
  const { test, train, testImages, trainImages } = data;
  return {
    ...others,
    requirements: requirements.map(({ text }) => text),
    explore: { ...explore, inputs: explore.inputs?.map(inputName) },
    model: { path, sha256: model.sha256 },
    data: { ...options, testImages, trainImages, test, train },
    version,
    machine,
  };
}

/** Fields that hold no further fields; a list of plain values is one, a list of others has its places as fields. */
function* leavesOf(path: string, value: unknown): Generator<[string, unknown]> {
  const plain = (one: unknown): boolean => typeof one !== "object" || one === null;
  if (plain(value) || (Array.isArray(value) && value.every(plain))) {
    if (value !== undefined) yield [path, value];
    return;
  }
  for (const [key, inner] of Object.entries(value as object))
    yield* leavesOf(path === "" ? key : `${path}.${key}`, inner);
}
