/** @file `sei design` of a study with several flows: each flow's files in a folder of its own, the whole beside them. */
import { InputError } from "@split-et-impera/core/errors";
import type { Study } from "@split-et-impera/core/study";
import { join } from "node:path";
import { checkReplaceable, checkWritable, removeFolder, writeWhole } from "../files/index.ts";
import { bundleFiles, runSystem } from "../stages/design/index.ts";
import type { RunOptions } from "../stages/design/index.ts";
import { ExitCode, type Context } from "./command.ts";

/** Where the files of a system go. */
export interface SystemPaths {
  /** The folder of all. */
  out: string;
  result: string;
  page: string;
  /** Of a flow. */
  flow(name: string): { result: string; page: string; bundle: string };
}

export function systemPaths(out: string): SystemPaths {
  return {
    out,
    result: join(out, "result.json"),
    page: join(out, "report.html"),
    flow(name) {
      const folder = join(out, "flows", name);
      return { result: join(folder, "result.json"), page: join(folder, "report.html"), bundle: join(folder, "bundle") };
    },
  };
}

/** Runs it, writes what it finds and says it. */
export async function designSystem(
  study: Study,
  paths: SystemPaths,
  options: RunOptions,
  { json, print, printJson, progress, warn }: Pick<Context, "json" | "print" | "printJson" | "progress" | "warn">,
): Promise<void> {
  await checkWritable(paths.out);
  const names = study.system!.flows.map(({ name }) => name);
  for (const name of names) await checkReplaceable(paths.flow(name).bundle, bundleFiles);
  const { result, flows, notes, designs } = await runSystem(study, options);
  for (const note of notes) warn(note);
  const { renderReport, renderSystemReport, systemText } = await import("../report/index.ts");
  const written: [what: string, path: string][] = [];
  await progress.task("report", async () => {
    const text = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
    await writeWhole(paths.result, text(result));
    await writeWhole(paths.page, renderSystemReport(result));
    written.push(["result", paths.result], ["report", paths.page]);
    for (const [name, run] of flows) {
      const own = paths.flow(name);
      await checkWritable(join(paths.out, "flows", name));
      await writeWhole(own.result, text(run.result));
      await writeWhole(own.page, renderReport(run.result));
      written.push(["flow", own.page]);
      if (result.fits) {
        await designs.get(name)!.writeBundle(own.bundle);
        written.push(["bundle", own.bundle]);
      } else await removeFolder(own.bundle, bundleFiles);
    }
  });
  if (json) printJson(result);
  print("");
  print(systemText(result));
  print("");
  for (const [what, path] of written) print(`${what.padEnd(7)} ${path}`);
  if (!result.fits) throw new ExitCode(3);
}

/** What only a study of one flow can have. */
export function refuseOfOne(frames: string | undefined, variants: number): void {
  if (frames !== undefined)
    throw new InputError(
      "ERR_USAGE",
      "--frames: expected none with `flows` or `copies`, of which no table of frames is written",
    );
  if (variants > 1) throw new InputError("ERR_STUDY", "vary: expected none in a study with `flows` or `copies`");
}
