/** @file `sei capacity`: how many cameras the recommended system carries, what breaks first, and what to buy. */
import { InputError } from "@split-et-impera/core/errors";
import { formatNumber, formatPercent, parseCount } from "@split-et-impera/core/units";
import type { Capacity, CapacityStep } from "@split-et-impera/core/system";
import { capacityOfStudy, type StudyCapacity } from "../../stages/design/index.ts";
import { between, brokenText } from "../../report/system-text.ts";
import { readStudy } from "../../study/index.ts";
import { defineCommand, ExitCode } from "../command.ts";
import { modelFlags, studyModelOptions } from "../model-options.ts";
import { refuseDoubts, strictFlag } from "../strict.ts";
import { table } from "../table.ts";

export default defineCommand({
  description: "Find how many cameras the recommended system carries, what breaks first, and what to buy",
  args: {
    study: { type: "positional", description: "the study (YAML or JSON)", required: true },
    flow: { type: "string", valueHint: "NAME", description: "the flow whose cameras are counted (default: the first)" },
    most: { type: "string", valueHint: "N", description: "cameras that are tried at most (default: 256)" },
    model: { type: "string", valueHint: "FILE", description: "replaces the study's model" },
    data: { type: "string", valueHint: "PATH", description: "replaces the study's data path" },
    ...modelFlags,
    cache: {
      type: "string",
      valueHint: "DIR",
      description: "where partial results are kept (default: SEI_CACHE, or the user's cache folder)",
    },
    strict: strictFlag,
  },
  examples: [
    {
      line: "sei capacity examples/plant/study.yaml",
      does: "how many more cameras the plant's switch and server carry",
    },
    {
      line: "sei capacity examples/conveyor/study.yaml --json",
      does: "the same of a study of one camera, for scripts",
    },
  ],
  resumes: true,
  async run({ args, every, json, print, printJson, progress, signal, openStore, warn }) {
    const given = { model: args.model, modelOptions: studyModelOptions(every), data: args.data };
    const study = await readStudy(args.study, given, "sei capacity");
    const most = args.most === undefined ? 256 : parseCount(args.most, "cameras", 1, 4096);
    if (typeof most === "string") throw new InputError("ERR_USAGE", `--most: ${most}`);
    const found = await capacityOfStudy(
      study,
      { ...(args.flow !== undefined && { flow: args.flow }), most },
      { store: openStore(args.cache), progress, signal, ...(args.strict && { onDoubts: refuseDoubts }) },
    );
    for (const note of found.notes) warn(note);
    const { notes: _, ...result } = found;
    if (json) printJson(result);
    print("");
    print(capacityText(result));
    if (result.now.most === 0) throw new ExitCode(3);
  },
});

function capacityText({ flow, camera, designs, now, upgrades, has }: Omit<StudyCapacity, "notes">): string {
  const as = Object.entries(designs).map(([name, id]) => `${name}: ${id}`);
  const best = upgrades[0];
  return [
    `cameras of ${flow} (${camera}) with ${as.join(", ")}`,
    chart(now),
    saysOf(now, has),
    table(
      ["twice as fast", "carries", "gains", "what breaks then"],
      upgrades.map(({ what, capacity }) => [
        what,
        limitText(capacity),
        gainText(capacity.most - now.most),
        brokenOf(capacity),
      ]),
      [1, 2],
    ),
    best && best.capacity.most > now.most
      ? `Buy first: ${best.what}, twice as fast carries ${limitText(best.capacity)} instead of ${limitText(now)}.`
      : "None of these by itself carries one more.",
  ].join("\n\n");
}

const limitText = ({ most, open }: Capacity): string => `${most}${open ? " or more" : ""}`;

const gainText = (more: number): string => (more > 0 ? `+${more}` : String(more));

function saysOf(now: Capacity, has: number): string {
  if (now.most === 0) return `It does not carry one camera: ${brokenOf(now)}.`;
  if (now.open) return `It carries the ${now.most} cameras that were tried at most, and the study has ${has}.`;
  return `It carries ${now.most}; the study has ${has}. With ${now.most + 1}: ${brokenOf(now)}.`;
}

/** What breaks at the first number that is not carried. */
function brokenOf({ steps }: Capacity): string {
  const first = steps.find(({ carries }) => !carries);
  return first === undefined ? "nothing that was tried" : first.broken.slice(0, 2).map(brokenText).join("; ");
}

/** Busy share of the busiest host or link by number of cameras, as bars of 40 signs for all of it. */
function chart({ steps }: Capacity): string {
  const bar = ({ busiest }: CapacityStep): string =>
    "█".repeat(Math.min(48, Math.round(40 * (busiest?.utilisation ?? 0))));
  return table(
    ["cameras", "", "worst p95", "busiest", "", ""],
    steps.map((step) => [
      String(step.cameras),
      step.carries ? "✓" : "✗",
      worstText(step),
      step.busiest?.name ?? "",
      formatPercent(step.busiest?.utilisation ?? 0),
      bar(step),
    ]),
    [0, 2, 4],
  );
}

function worstText({ flows }: CapacityStep): string {
  const { p95, intervals } = flows.reduce((most, one) => (one.p95 > most.p95 ? one : most));
  return `${p95Text(p95)}${between(intervals.p95, p95Text)}`;
}

const p95Text = (seconds: number): string => (seconds < Infinity ? `${formatNumber(1000 * seconds)} ms` : "never");
