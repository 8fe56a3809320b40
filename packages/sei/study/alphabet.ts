/** @file The alphabet of a study's task, from its file. */
import { InputError } from "@split-et-impera/core/errors";
import { modelPaths, type Study, type TaskOptions } from "@split-et-impera/core/study";
import { existsSync } from "node:fs";
import { readText } from "../files/index.ts";
import { fromStudy } from "./paths.ts";

const mostBytes = 4 * 2 ** 20;
const what = "a text file with a character of the alphabet in every line";

/**
 * The study with its task's alphabet as a list: see `readAlphabet`. A file that is not beside the study may be beside the model,
 * with which it came.
 */
export async function withAlphabet(file: string, study: Study): Promise<Study> {
  const { task, model } = study;
  if (!task) return study;
  const { alphabet } = task;
  const there = (from: string): boolean => typeof alphabet === "string" && existsSync(fromStudy(from, alphabet));
  const beside = there(file) ? file : modelPaths(model).find(there);
  return { ...study, task: await readAlphabet(beside ?? file, task) };
}

/**
 * A task with its alphabet as a list, where it names a file. Lines are taken as they are, since spaces are characters too.
 *
 * @param from the file that the path is relative to
 * @throws InputError ERR_DATA_FILE where the file cannot be read, ERR_STUDY where a line is empty
 */
export async function readAlphabet(from: string, task: TaskOptions): Promise<TaskOptions> {
  const { alphabet } = task;
  if (typeof alphabet !== "string") return task;
  const path = fromStudy(from, alphabet);
  const text = await readText(path, { code: "ERR_DATA_FILE", what, most: mostBytes });
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  const empty = lines.indexOf("");
  if (empty >= 0) throw new InputError("ERR_STUDY", `${path}:${empty + 1}: expected a character, got an empty line`);
  return { ...task, alphabet: lines };
}
