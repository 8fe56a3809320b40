/** @file `sei verify`: predicted beside measured. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "@split-et-impera/core/errors";
import { LONGEST_BURST, lossProblem } from "@split-et-impera/core/network";
import { uplinkOf, withUplink, type LinkOptions, type Study } from "@split-et-impera/core/study";
import { parseDuration, parseRate, parseShare } from "@split-et-impera/core/units";
import { linkKinds, type LinkKind } from "@split-et-impera/runtime/emulation";
import { runStudy } from "../../stages/design/index.ts";
import { thisMachine } from "../../stages/measure/index.ts";
import { makeFolder, writeWhole } from "../../files/index.ts";
import { readStudy } from "../../study/index.ts";
import {
  checkWanted,
  judged,
  linkText,
  measuredOf,
  overall,
  readLogs,
  verifyCell,
  writeLog,
  writeTable,
  type Cell,
  type Verification,
} from "../../verify/index.ts";
import { defineCommand, ExitCode } from "../command.ts";
import { wholeNumber } from "../data-options.ts";
import { betweenFlags, verifyBetween } from "../verify-between.ts";
import { cellText } from "../verify-text.ts";

export default defineCommand({
  description:
    "Run designs for real, over an emulated link or between real hosts, and compare what was predicted with what is measured",
  args: {
    study: { type: "positional", description: "the study (YAML or JSON); with --between a bundle", required: false },
    model: { type: "string", valueHint: "FILE", description: "replaces the study's model" },
    data: { type: "string", valueHint: "PATH", description: "replaces the study's data path" },
    design: {
      type: "string",
      valueHint: "ID",
      description: "a design as the result names it; may be given several times (default: the recommended one)",
    },
    frames: {
      type: "string",
      valueHint: "N",
      description: "frames of each run (default: 20 s of them, the study's count at most)",
    },
    rate: { type: "string", valueHint: "RATE,...", description: "rates of the link in place of the study's" },
    delay: { type: "string", valueHint: "TIME,...", description: "its delays, one way" },
    loss: { type: "string", valueHint: "SHARE,...", description: "its losses" },
    burst: { type: "string", valueHint: "N,...", description: "mean lengths of a run of losses" },
    link: {
      type: "string",
      valueHint: "KIND|FILE",
      description: `how the link is made: ${linkKinds.join(", ")} (default: the best that this machine has); with --between a file of the links as \`sei probe\` found them, over which the design is predicted anew`,
    },
    out: { type: "string", valueHint: "DIR", description: "keep the table and every frame's record there" },
    check: { type: "string", valueHint: "DIR", description: "judge again what an earlier run kept, from its frames" },
    cache: { type: "string", valueHint: "DIR", description: "where partial results are kept" },
    ...betweenFlags,
  },
  examples: [
    { line: "sei verify examples/conveyor/study.yaml", does: "the recommended design on the study's link" },
    {
      line: 'sei verify examples/conveyor/study.yaml --rate "250 kbit/s,1 Mbit/s" --loss 0%,2% --out verified',
      does: "four links, with every frame kept",
    },
    { line: "sei verify --check VERIFIED", does: "the table made again from the frames" },
    {
      line: "sei verify BUNDLE --between --input STUDY.yaml --connect server=10.0.0.2:7000 --keys KEYS",
      does: "with `sei serve BUNDLE` on the other host",
    },
  ],
  async run({ args, json, print, printJson, progress, every, signal, openStore, warn }) {
    if (args.check !== undefined) {
      if (args.study !== undefined)
        throw new InputError(
          "ERR_USAGE",
          `expected a STUDY or --check DIR, got both: ${args.study}, --check ${args.check}`,
        );
      const table = await checked(args.check);
      finish(table);
      return;
    }
    if (args.study === undefined) throw new InputError("ERR_USAGE", "expected a STUDY, or --check DIR");
    if (args.between === true) {
      const { table, lines } = await verifyBetween({ ...args, bundle: args.study }, every("connect"), {
        progress,
        signal,
      });
      if (args.out !== undefined) {
        await makeFolder(args.out);
        await writeLog(args.out, 0, lines);
        await keep(args.out, table);
      }
      finish(table);
      return;
    }
    const given = await readStudy(args.study, { model: args.model, data: args.data }, "sei verify");
    const kind = kindOf(args.link);
    const frames =
      args.frames === undefined
        ? Math.min(given.frames.count, Math.ceil(20 * given.frames.rate))
        : wholeNumber("frames", args.frames);
    if (args.out !== undefined) await makeFolder(args.out);
    const source = [
      "--input",
      args.study,
      ...(args.model === undefined ? [] : ["--model", args.model]),
      ...(args.data === undefined ? [] : ["--data", args.data]),
    ];
    const links = linksOf(uplinkOf(given).link, args);
    const wanted = every("design");
    checkWanted(given, wanted);
    const cells: Cell[] = [];
    const written = new Set<string>();
    const run = await runStudy(
      { ...given, explore: { ...given.explore, losses: [] } },
      { store: openStore(args.cache), progress, signal, elsewhere: false },
    );
    const { recommended, nearest } = run.result.verdict;
    if (wanted.length === 0 && recommended === undefined && nearest)
      warn(`no design meets the requirements; the nearest is run: ${nearest.id}`);
    const designs = (wanted.length > 0 ? wanted : [recommended ?? nearest?.id ?? ""]).map((id) => {
      const design = run.designs.find(({ result }) => result.id === id);
      if (design) return design;
      const ids = run.designs.map(({ result }) => result.id).join(", ");
      throw new InputError("ERR_USAGE", `--design: expected one of ${ids}, got "${id}"`);
    });
    await using bundles = await temporaryFolder("sei-verify-");
    for (const link of links) {
      const study: Study = { ...withUplink(given, () => link), frames: { ...given.frames, count: frames } };
      for (const design of designs) {
        const { id } = design.result;
        if ((await design.over(study)).overload) {
          warn(`${id} is overloaded over ${linkText(link)}; it is left out`);
          continue;
        }
        const bundle = join(bundles.path, String(designs.indexOf(design)));
        if (!written.has(id)) await progress.task(`files of ${id}`, () => design.writeBundle(bundle));
        written.add(id);
        const { cell, lines } = await progress.task(id, (update) =>
          verifyCell({
            study,
            design,
            exam: run.exam,
            bundle,
            source,
            kind,
            signal,
            update,
          }),
        );
        if (args.out !== undefined) await writeLog(args.out, cells.length, lines);
        cells.push(cell);
        print(`\n${cellText(cell)}`);
      }
    }
    if (cells.length === 0)
      throw new InputError(
        "ERR_STUDY",
        `${args.study}: nothing was verified, since every design is overloaded over these links`,
      );
    const { cpu, platform, threads } = thisMachine();
    const table: Verification = {
      format: 2,
      study: given.name,
      holds: overall(cells.map(({ holds }) => holds)),
      cells,
      machine: { platform, cpu, threads },
    };
    if (args.out !== undefined) await keep(args.out, table);
    finish(table, false);

    async function keep(folder: string, found: Verification): Promise<void> {
      await writeTable(folder, found);
      // Loaded late: the charts' library is large.
      const { renderVerification } = await import("../../report/measured.ts");
      await writeWhole(join(folder, "verification.html"), renderVerification(found));
      print(`\ntable  ${join(folder, "verification.json")}\npage   ${join(folder, "verification.html")}`);
    }

    function finish(found: Verification, all = true): void {
      if (json) printJson(found);
      else if (all) for (const cell of found.cells) print(`\n${cellText(cell)}`);
      if (found.cells.length > 1) {
        const held = found.cells.filter(({ holds }) => holds === "holds").length;
        print(`\n${held} of ${found.cells.length} cells hold`);
      }
      if (found.holds === "does not hold") throw new ExitCode(3);
    }
  },
});

/** A folder that is gone in the end. */
async function temporaryFolder(name: string): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), name));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The verdicts of a kept run made anew from its frames. */
async function checked(folder: string): Promise<Verification> {
  const { table, lines } = await readLogs(folder);
  const cells = table.cells.map((cell, i) => {
    const { measured, curve, parts } = measuredOf(lines[i]!, { ...cell, exits: cell.measured.exits !== undefined });
    return judged({
      ...cell,
      measured,
      curves: { ...cell.curves, measured: curve },
      parts: cell.parts.map((one) => ({ ...one, measured: parts[one.step] ?? one.measured })),
    });
  });
  return { ...table, cells, holds: overall(cells.map(({ holds }) => holds)) };
}

function kindOf(given: string | undefined): LinkKind | undefined {
  if (given === undefined) return undefined;
  const kind = linkKinds.find((one) => one === given);
  if (!kind) throw new InputError("ERR_USAGE", `--link: expected ${linkKinds.join(", ")}, got "${given}"`);
  return kind;
}

/** The study's link with every combination of what is given. */
function linksOf(
  link: LinkOptions,
  args: {
    rate?: string | undefined;
    delay?: string | undefined;
    loss?: string | undefined;
    burst?: string | undefined;
  },
): LinkOptions[] {
  const list = (flag: keyof typeof args, parse: (text: string) => number | string, own: number): number[] =>
    args[flag]?.split(",").map((text) => {
      const value = parse(text.trim());
      if (typeof value === "string") throw new InputError("ERR_USAGE", `--${flag}: ${value}`);
      return value;
    }) ?? [own];
  const bursts = (text: string): number | string =>
    Number(text) >= 1 && Number(text) <= LONGEST_BURST
      ? Number(text)
      : `expected a number from 1 to ${LONGEST_BURST}, got "${text}"`;
  const lossOf = (rate: number, burst: number): LinkOptions["loss"] => {
    const problem = lossProblem({ rate, burst });
    if (problem !== undefined) throw new InputError("ERR_USAGE", `--loss with --burst: ${problem}`);
    return { rate, burst };
  };
  return list("rate", parseRate, link.rate).flatMap((rate) =>
    list("delay", parseDuration, link.delay).flatMap((delay) =>
      list("loss", parseShare, link.loss.rate).flatMap((loss) =>
        list("burst", bursts, link.loss.burst).map((burst): LinkOptions => ({
          ...link,
          rate,
          delay,
          loss: lossOf(loss, burst),
        })),
      ),
    ),
  );
}
