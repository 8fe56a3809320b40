/** @file Studies for the page: as they are written, changed without losing a comment, and saved beside the first. */
import { InputError } from "@split-et-impera/core/errors";
import { Hono } from "hono";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { writeWhole } from "../files/index.ts";
import { readStudyText } from "../study/source.ts";
import type { StudyChange } from "@split-et-impera/studio";
import { changedText } from "./changed-study.ts";
import type { Documents } from "./documents.ts";

export function studyRoutes(documents: Documents): Hono {
  const routes = new Hono();
  /** Files that this studio wrote, which it may write again. */
  const saved = new Set<string>();
  routes.get("/:id", async (c) => {
    const { file } = await documents.get(c.req.param("id"), "study");
    return c.json({ file: basename(file), text: await readStudyText(file) });
  });
  routes.post("/:id/changed", async (c) => {
    const { file } = await documents.get(c.req.param("id"), "study");
    const text = await readStudyText(file);
    const changed = changedText(text, changesOf(await c.req.json()));
    return c.json({ file: basename(file), text, changed });
  });
  routes.post("/:id/save", async (c) => {
    const { file } = await documents.get(c.req.param("id"), "study");
    const body = (await c.req.json()) as { as?: unknown };
    const as = String(body.as);
    if (!/^study[\w.-]*\.ya?ml$/.test(as) || as === basename(file))
      throw new InputError("ERR_STUDIO", `expected another name such as study-slow.yaml, got "${as}"`);
    const target = join(dirname(file), as);
    if (!(await documents.allows(target)))
      throw new InputError("ERR_STUDIO", `${as}: expected a file below the folders that the studio was given`);
    if (!saved.has(target) && (await stat(target).catch(() => undefined)))
      throw new InputError("ERR_STUDIO", `${as}: expected a new file, got one that is there`);
    const changed = changedText(await readStudyText(file), changesOf(body));
    await writeWhole(target, changed);
    saved.add(target);
    return c.json({ file: target });
  });
  return routes;
}

function changesOf(body: unknown): StudyChange[] {
  const changes = (body as { changes?: unknown } | null)?.changes;
  const fits =
    Array.isArray(changes) &&
    changes.length <= 100 &&
    changes.every(
      (one: Partial<StudyChange> | null) =>
        Array.isArray(one?.path) &&
        one.path.length > 0 &&
        one.path.length < 10 &&
        one.path.every((key) => typeof key === "string" || typeof key === "number") &&
        one.path.every((key) => key !== "__proto__"),
    );
  if (!fits) throw new InputError("ERR_STUDIO", "expected changes of a study, each with a path and a value");
  return changes as StudyChange[];
}
