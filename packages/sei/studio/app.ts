/** @file What the studio's server answers; a request and a response, no socket. */
import { InputError } from "@split-et-impera/core/errors";
import type { ServerState, StudioRun } from "@split-et-impera/studio";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { streamSSE } from "hono/streaming";
import { compareResults } from "../compare/index.ts";
import { readResult } from "../result/index.ts";
import { version } from "../version.ts";
import type { Documents } from "./documents.ts";
import { liveRoutes } from "./live.ts";
import { guard, type GuardOptions } from "./guard.ts";
import type { PageFiles } from "./page-files.ts";
import { outOf } from "./out.ts";
import type { Runs } from "./runs.ts";
import { saliencyRoutes } from "./saliency-routes.ts";
import { studyRoutes } from "./study-routes.ts";
import { untilEnd } from "./until-end.ts";

export interface AppOptions extends GuardOptions {
  documents: Documents;
  runs: Runs;
  page: PageFiles;
  /** Folder of what earlier runs left; absent: the usual one. */
  cache?: string | undefined;
  /** Of the metrics of running hosts. */
  live?: readonly URL[] | undefined;
  /** Ends streams when the server closes. */
  signal: AbortSignal;
}

/** The largest request that the page makes: a changed study. */
const mostBody = 512 * 1024;

export function studioApp({ documents, runs, page, signal, cache, live = [], ...guarded }: AppOptions): Hono {
  const app = new Hono();
  app.use(guard(guarded));
  app.onError((error, c) => {
    const known = error instanceof InputError;
    if (!known) console.error(error);
    return c.json({ error: known ? error.message : "The server failed; its terminal says why." }, known ? 400 : 500);
  });
  app.use("/api/*", bodyLimit({ maxSize: mostBody }), async (c, next) => {
    c.header("cache-control", "no-store");
    await next();
  });
  app.get("/api/state", async (c) =>
    c.json({
      version,
      documents: await documents.list(),
      runs: runs.list(),
      live: live.map(({ href }) => href),
    } satisfies ServerState),
  );
  app.get("/api/results/:id", async (c) => {
    const { file } = await documents.get(c.req.param("id"), "result");
    return c.body(JSON.stringify(await readResult(file)), 200, { "content-type": "application/json" });
  });
  app.get("/api/compare", async (c) => {
    const ids = c.req.queries("result") ?? [];
    const named = await Promise.all(
      ids.map(async (id) => {
        const { file, name } = await documents.get(id, "result");
        return { file: name, result: await readResult(file) };
      }),
    );
    if (named.length !== 2) throw new InputError("ERR_STUDIO", `expected two results to compare, got ${named.length}`);
    return c.body(JSON.stringify(compareResults(named)), 200, { "content-type": "application/json" });
  });
  app.route("/api/saliency", saliencyRoutes(documents, signal, { cache }));
  app.route("/api/live", liveRoutes(live, signal));
  app.route("/api/studies", studyRoutes(documents));
  app.post("/api/runs", async (c) => {
    const { study: id } = (await c.req.json()) as { study?: unknown };
    const { file, name } = await documents.get(String(id), "study");
    return c.json(runs.start({ id: String(id), name, file }, await outOf(documents, file, name)));
  });
  app.post("/api/runs/:id/stop", (c) => c.json(runs.stop(c.req.param("id"))));
  app.get("/api/events", (c) =>
    streamSSE(c, async (stream) => {
      const tell = (run: StudioRun): void => void stream.writeSSE({ event: "run", data: JSON.stringify(run) });
      runs.on("run", tell);
      for (const run of runs.list().toReversed()) tell(run);
      await untilEnd(stream, signal);
      runs.off("run", tell);
    }),
  );
  app.all("/api/*", (c) => c.json({ error: "There is no such thing to ask for." }, 404));
  app.get("/*", (c) => {
    const path = c.req.path.slice(1);
    // Views are paths of the page itself.
    const file = page.get(path) ?? (/\.[a-z]+$/.test(path) ? undefined : page.get("index.html"));
    if (!file) return c.text("There is no such file.", 404);
    const cache = file.hashed ? "private, max-age=31536000, immutable" : "no-cache";
    return c.body(file.body, 200, { "content-type": file.type, "cache-control": cache });
  });
  return app;
}
