/** @file One study designed: its files written, its summary printed. */
import type { Result } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import type { Study } from "@split-et-impera/core/study";
import { dirname, join, resolve } from "node:path";
import { checkInputsKept, checkReplaceable, checkWritable, removeFolder, writeWhole } from "../files/index.ts";
import { filesOfSource } from "../model/index.ts";
import type { Origin } from "../report/index.ts";
import type { Context } from "../stages/context.ts";
import { bundleFiles, framesCsv, runStudy } from "../stages/design/index.ts";
import { profileJson } from "../stages/measure/index.ts";
import { ExitCode, type Context as CommandContext } from "./command.ts";
import { refuseDoubts } from "./strict.ts";
import { style } from "./text.ts";

export interface DesignAsked {
  /** The study's. */
  file: string;
  study: Study;
  out: string;
  origin: Origin;
  strict: boolean;
  /** Where simulated frames go, if anywhere. */
  frames?: string | undefined;
}

type Terminal = Pick<CommandContext, "json" | "print" | "printJson" | "progress" | "signal" | "warn">;

/** What was written where, and what could not be. */
interface Written {
  result: Result;
  written: [what: string, path: string][];
  failures: InputError[];
}

/** Designs a study and prints what came of it. */
export async function designOne(
  asked: DesignAsked,
  shared: Pick<Context, "store" | "jobs">,
  on: Terminal,
): Promise<void> {
  const { json, print, printJson } = on;
  await checkOutputs(asked);
  const { result, written, failures } = await designInto(asked, shared, on);
  const { terminalSummary } = await import("../report/index.ts");
  if (json) printJson(result);
  print("");
  print(terminalSummary(result, { columns: process.stdout.columns ?? 120, style }));
  print("");
  for (const [what, path] of written) print(`${what.padEnd(7)} ${path}`);
  if (failures.length > 0) throw new InputError("ERR_OUTPUT", failures.map(({ message }) => message).join("\n"));
  if (result.verdict.recommended === undefined) throw new ExitCode(3);
}

/** Sees before long work that all can be written, and nothing is written over that is read. */
export async function checkOutputs({ file, study, out, frames }: DesignAsked): Promise<void> {
  const { bundle, found, page, measured } = pathsIn(out);
  await checkWritable(out);
  if (frames !== undefined) await checkWritable(dirname(frames));
  const outputs = [found, page, ...(frames === undefined ? [] : [frames])];
  await checkInputsKept(await inputsOf(file, study), [...outputs, measured]);
  await checkInputsKept(profilesOf(study), outputs);
  await checkReplaceable(bundle, bundleFiles);
}

const pathsIn = (out: string) => ({
  bundle: join(out, "bundle"),
  found: join(out, "result.json"),
  page: join(out, "report.html"),
  measured: join(out, "profile.json"),
});

/** Designs a study and writes its files into its folder. */
export async function designInto(
  { study, out, origin, strict, frames }: DesignAsked,
  shared: Pick<Context, "store" | "jobs">,
  { progress, signal, warn }: Pick<Terminal, "progress" | "signal" | "warn">,
): Promise<Written> {
  const run = await runStudy(study, { ...shared, progress, signal, ...(strict && { onDoubts: refuseDoubts }) });
  const { result, notes, profile, writeBundle } = run;
  for (const note of notes) warn(note);
  const written: Written["written"] = [];
  const failures: InputError[] = [];
  // Each by itself: what cannot be written takes nothing else with it.
  const write = async (what: string, path: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      if ((await work()) !== false) written.push([what, path]);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      failures.push(error);
    }
  };
  const { bundle, found, page, measured } = pathsIn(out);
  // Loaded late: the charts' library is large.
  const { renderReport } = await import("../report/index.ts");
  await progress.task("report", async () => {
    await write("result", found, () => writeWhole(found, `${JSON.stringify(result, null, 2)}\n`));
    await write("report", page, () => writeWhole(page, renderReport(result, origin)));
    if (isWhole(study, measured)) await write("profile", measured, () => writeWhole(measured, profileJson(profile)));
    await write("bundle", bundle, async () => {
      const wrote = await writeBundle(bundle);
      if (!wrote) await removeFolder(bundle, bundleFiles);
      return wrote;
    });
  });
  if (frames !== undefined)
    await progress.task("frames", () => write("frames", frames, () => writeWhole(frames, framesCsv(run.frames()))));
  return { result, written, failures };
}

/** What a run reads besides profiles: the study, its model with all weights, and its data where they are one file. */
async function inputsOf(file: string, { model, data }: Study): Promise<string[]> {
  return [file, ...(await filesOfSource(model)), ...(data.path === undefined ? [] : [data.path])];
}

function profilesOf({ hosts }: Study): string[] {
  return Object.values(hosts).flatMap(({ profile }) => profile ?? []);
}

/** Whether this run timed all its work here, and the study does not itself take its times from this very file. */
function isWhole({ hosts }: Study, file: string): boolean {
  const profiles = new Set(Object.values(hosts).map(({ profile }) => profile && resolve(profile)));
  return profiles.has(undefined) && !profiles.has(resolve(file));
}
