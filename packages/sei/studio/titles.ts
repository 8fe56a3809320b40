/** @file What studies and results call themselves, without reading more of them than that takes. */
import { open } from "node:fs/promises";
import { parse } from "yaml";
import { nameOf } from "../study/paths.ts";
import { readStudyText } from "../study/source.ts";

/** What a study says behind `name:`, else what it is called without; not worth an error where it cannot be read. */
export async function studyTitle(file: string): Promise<string> {
  const text = await readStudyText(file).catch(() => "");
  const line = /^name:.*$/m.exec(text)?.[0];
  try {
    const { name } = parse(line ?? "{}") as { name?: unknown };
    if (typeof name === "string" && name !== "") return name;
  } catch {
    // What is no YAML is told where the study is read.
  }
  return nameOf(file);
}

/** A result begins with its study, and that with its name. */
const beginning = 4096;

export async function resultTitle(file: string): Promise<string | undefined> {
  try {
    await using handle = await open(file);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(beginning), 0, beginning, 0);
    const text = buffer.toString("utf8", 0, bytesRead);
    const name = /"study":\s*\{\s*"name":\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1];
    return name === undefined ? undefined : (JSON.parse(name) as string);
  } catch {
    return undefined;
  }
}
