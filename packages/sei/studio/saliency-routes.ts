/** @file Saliency asked for anew: each question is answered by a process of its own, the newest ends the one before. */
import { InputError } from "@split-et-impera/core/errors";
import type { SaliencyQuestion, Told } from "@split-et-impera/studio";
import { Hono } from "hono";
import { stream } from "hono/streaming";
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Documents } from "./documents.ts";
import type { SaliencyOrder } from "./saliency-child.ts";

/** Classes that can be named, and characters of a name, at most. */
const [mostClasses, mostLong] = [1000, 500];

const program = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./saliency-child.ts" : "./saliency-child.js", import.meta.url),
);

/**
 * `POST /:id`: lines of JSON, {@link Told}: how far it is, then the curve (`SaliencyResult`) or the map (`SaliencyExample`).
 * @param cache the folder of what earlier runs left; absent: the usual one
 */
export function saliencyRoutes(documents: Documents, signal: AbortSignal, cache?: string): Hono {
  const routes = new Hono();
  let last: ChildProcess | undefined;
  signal.addEventListener("abort", () => last?.kill("SIGKILL"), { once: true });
  routes.post("/:id", async (c) => {
    const { file } = await documents.get(c.req.param("id"), "study");
    const question = questionOf(await c.req.json());
    last?.kill("SIGKILL");
    const child = fork(program, { execArgv: [] });
    last = child;
    child.send({ file, question, ...(cache !== undefined && { cache }) } satisfies SaliencyOrder);
    c.header("content-type", "application/x-ndjson");
    return stream(c, async (out) => {
      out.onAbort(() => void child.kill("SIGKILL"));
      let over = false;
      child.on("message", (line: Told<unknown>) => {
        over ||= !("says" in line);
        void out.write(`${JSON.stringify(line)}\n`);
      });
      await new Promise<void>((resolve) => child.once("close", () => resolve()));
      const ended: Told<never> = { error: "It was ended: something else was asked, or there was not enough memory." };
      if (!over) await out.write(`${JSON.stringify(ended)}\n`);
    });
  });
  return routes;
}

function questionOf(body: unknown): SaliencyQuestion {
  const { classes, image, layer } = (body ?? {}) as { classes?: unknown; image?: unknown; layer?: unknown };
  const isName = (one: unknown): one is string => typeof one === "string" && one.length <= mostLong;
  if (Array.isArray(classes) && classes.length <= mostClasses && classes.every(isName)) return { classes };
  if (typeof image === "number" && Number.isSafeInteger(image) && image >= 0 && isName(layer)) return { image, layer };
  throw new InputError("ERR_STUDIO", "expected classes by name, or an image by its place and a layer by its name");
}
