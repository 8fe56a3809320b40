/** @file Saliency asked for anew: each question is answered by a process of its own, the newest of its kind ends the one before. */
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

/** Minutes that one answer may take: what a large network needs for a study's images on a slow machine. */
const mostMinutes = 20;

const program = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./saliency-child.ts" : "./saliency-child.js", import.meta.url),
);

/**
 * `POST /:id`: lines of JSON, {@link Told}: how far it is, then the curve (`SaliencyResult`) or the map (`SaliencyExample`).
 * @param signal ends what is being computed
 * @param options.cache the folder of what earlier runs left; absent: the usual one
 * @param options.minutes what takes longer is ended
 */
export function saliencyRoutes(
  documents: Documents,
  signal: AbortSignal,
  { cache, minutes = mostMinutes }: { cache?: string | undefined; minutes?: number | undefined } = {},
): Hono {
  const routes = new Hono();
  /** At work, by kind: a page shows a curve and a map side by side. */
  const last: { curve?: ChildProcess; map?: ChildProcess } = {};
  signal.addEventListener("abort", () => [last.curve, last.map].forEach((one) => one?.kill("SIGKILL")), { once: true });
  routes.post("/:id", async (c) => {
    const { file } = await documents.get(c.req.param("id"), "study");
    const question = questionOf(await c.req.json());
    const kind = "classes" in question ? "curve" : "map";
    // A question that its page took back meanwhile must not end the one that came in its place.
    if (c.req.raw.signal.aborted) return c.body(null);
    last[kind]?.kill("SIGKILL");
    const child = fork(program, { execArgv: [] });
    last[kind] = child;
    const ended = endOf(child, minutes);
    child.send({ file, question, ...(cache !== undefined && { cache }) } satisfies SaliencyOrder);
    c.header("content-type", "application/x-ndjson");
    return stream(c, async (out) => {
      out.onAbort(() => void child.kill("SIGKILL"));
      let over = false;
      child.on("message", (line: Told<unknown>) => {
        over ||= !("says" in line);
        void out.write(`${JSON.stringify(line)}\n`);
      });
      const error = await ended;
      if (!over) await out.write(`${JSON.stringify({ error } satisfies Told<never>)}\n`);
    });
  });
  return routes;
}

/** Waits until a process has ended, and ends it after a time; why there is no answer, if there was none. */
async function endOf(child: ChildProcess, minutes: number): Promise<string> {
  let why = "It was ended: something else was asked, or there was not enough memory.";
  const limit = setTimeout(() => {
    why =
      `It took more than ${minutes} minutes and was ended; smaller \`explore.saliency.images\` or fewer classes ` +
      "take less, and `sei design` has no such limit.";
    child.kill("SIGKILL");
  }, 60_000 * minutes);
  await new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.on("error", ({ message }) => {
      why = `It could not be computed: ${message}.`;
      resolve();
    });
  });
  clearTimeout(limit);
  return why;
}

function questionOf(body: unknown): SaliencyQuestion {
  const { classes, image, layer } = (body ?? {}) as { classes?: unknown; image?: unknown; layer?: unknown };
  const isName = (one: unknown): one is string => typeof one === "string" && one.length <= mostLong;
  if (Array.isArray(classes) && classes.length <= mostClasses && classes.every(isName)) return { classes };
  if (typeof image === "number" && Number.isSafeInteger(image) && image >= 0 && isName(layer)) return { image, layer };
  throw new InputError("ERR_STUDIO", "expected classes by name, or an image by its place and a layer by its name");
}
