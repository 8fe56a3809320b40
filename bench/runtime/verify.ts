/**
 * @file Predicted beside measured over many links: designs of a study, over both transports, at a seeded choice of rates, delays,
 * losses and bursts. A third of the cells is marked as held back: the choice is made by the seed, before anything is run.
 *
 * `node bench/runtime/verify.ts [--study FILE] [--model FILE] [--data PATH] [--cells 30] [--frames 240] [--out DIR] DESIGN...`
 * where a DESIGN is named without its transport (`SC@pool3 uint8`). Run it on a machine that does nothing else.
 */
import { parseArgs } from "node:util";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { randomStream } from "@split-et-impera/core/random";
import type { LinkOptions, Study } from "@split-et-impera/core/study";
import { formatDuration, formatPercent, formatRate } from "@split-et-impera/core/units";
import { runStudy, type RunDesign } from "../../packages/sei/stages/design/index.ts";
import { readStudy } from "../../packages/sei/study/index.ts";
import { overall, verifyCell, writeLog, writeTable, type Cell } from "../../packages/sei/verify/index.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    study: { type: "string", default: "examples/conveyor/study.yaml" },
    model: { type: "string" },
    data: { type: "string" },
    cells: { type: "string", default: "30" },
    frames: { type: "string", default: "240" },
    out: { type: "string", default: "out/verify" },
    seed: { type: "string", default: "1" },
  },
});
const names =
  positionals.length > 0 ? positionals : ["RC jpeg-90", "SC@block3/MaxPool uint8", "SC@block2/MaxPool uint8 8x"];
const rates = [0.5e6, 2e6, 10e6, 50e6];
const delays = [0, 0.005, 0.025];
const losses = [
  { rate: 0, burst: 1 },
  { rate: 0.01, burst: 1 },
  { rate: 0.02, burst: 3 },
  { rate: 0.05, burst: 1 },
];

const { signal } = new AbortController();
const given = await readStudy(values.study, { model: values.model, data: values.data }, "sei verify");
const run = await runStudy({ ...given, explore: { ...given.explore, losses: [] } }, { signal });
const { designs } = run;
const source = [
  "--input",
  values.study,
  ...(values.model === undefined ? [] : ["--model", values.model]),
  ...(values.data === undefined ? [] : ["--data", values.data]),
];
await mkdir(values.out, { recursive: true });

interface Plan {
  design: RunDesign;
  link: LinkOptions;
}

/** Every combination, shuffled by the seed. */
function plans(): Plan[] {
  const all: Plan[] = [];
  for (const name of names) {
    for (const transport of ["tcp", "udp"]) {
      const design = designs.find(({ result }) => result.id === `${name} ${transport}`);
      if (!design)
        throw new Error(
          `no design ${name} ${transport}; there are ${designs.map(({ result }) => result.id).join(", ")}`,
        );
      for (const rate of rates)
        for (const delay of delays)
          for (const loss of losses) all.push({ design, link: { ...given.links[0]!, rate, delay, loss } });
    }
  }
  const random = randomStream(Number(values.seed), "verify");
  return Array.from(random.permutation(all.length), (i) => all[i]!);
}

const cells: (Cell & { heldBack: boolean })[] = [];
const written = new Set<string>();
for (const { design, link } of plans()) {
  if (cells.length === Number(values.cells)) break;
  const study: Study = { ...given, links: [link], frames: { ...given.frames, count: Number(values.frames) } };
  if ((await design.over(study)).overload) continue;
  const { id } = design.result;
  const bundle = join(values.out, `bundle-${designs.indexOf(design)}`);
  if (!written.has(id)) await design.writeBundle(bundle);
  written.add(id);
  const { cell, lines } = await verifyCell({
    study,
    design,
    exam: run.exam,
    bundle,
    source,
    signal,
    update: () => undefined,
  });
  await writeLog(values.out, cells.length, lines);
  cells.push({ ...cell, heldBack: cells.length % 3 === 2 });
  const off = (["p50", "p90", "p95", "p99"] as const).map((key) => {
    const [said, { value }] = [cell.predicted[key], cell.measured[key]];
    return `${key} ${formatDuration(said)}/${formatDuration(value)} ${formatPercent(said / value - 1, 2)}`;
  });
  const losses = `${formatPercent(link.loss.rate)}${link.loss.burst > 1 ? ` x${link.loss.burst}` : ""}`;
  console.log(
    `${cells.length} ${cell.holds.padEnd(13)} ${id}  ${formatRate(link.rate)} ${formatDuration(link.delay)} ${losses}  ${off.join("  ")}`,
  );
  await writeTable(values.out, {
    format: 2,
    study: given.name,
    holds: overall(cells.map(({ holds }) => holds)),
    cells,
    machine: { platform: process.platform, cpu: "", threads: 0 },
  });
}

/** Shares of cells, of all and of those held back. */
for (const [what, of] of [
  ["all", cells],
  ["held back", cells.filter(({ heldBack }) => heldBack)],
] as const) {
  const share = (fits: (cell: Cell) => boolean): string => `${of.filter(fits).length} of ${of.length}`;
  const within = (key: "p50" | "p95" | "p99", most: number): string =>
    share(
      ({ predicted, measured }) =>
        Math.abs(predicted[key] / measured[key].value - 1) <= most || predicted[key] === measured[key].value,
    );
  console.log(
    `${what}: p50 within 3 % ${within("p50", 0.03)}; p95 within 5 % ${within("p95", 0.05)}; p99 within 10 % ${within("p99", 0.1)}; misses within a point ${share(({ predicted, measured }) => Math.abs(predicted.misses - measured.misses.value) <= 0.01)}; accuracy within its interval ${share(({ verdicts }) => verdicts["quality"] !== "does not hold")}; verdicts ${share(({ holds }) => holds === "holds")} hold, ${share(({ holds }) => holds === "undecided")} undecided`,
  );
}
