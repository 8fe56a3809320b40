/** @file `sei check`: whether a study is sound, and what it says once every default is filled in. */
import type { OperatorChoice, RemoteInput, Study } from "@split-et-impera/core/study";
import { transportsTried, transportText } from "@split-et-impera/core/design";
import { doubtWarnings } from "@split-et-impera/core/cost";
import { InputError } from "@split-et-impera/core/errors";
import { deadlineOf, modelWords, namedCutText } from "@split-et-impera/core/study";
import {
  formatBytes,
  formatDuration,
  formatEnergy,
  formatFrameRate,
  formatNumber,
  formatPercent,
} from "@split-et-impera/core/units";
import { readSource } from "../../model/index.ts";
import { checkContents, type Contents } from "../../stages/check/index.ts";
import type { Progress } from "../../stages/context.ts";
import { openProfiles } from "../../stages/measure/index.ts";
import { placed, readVariants, settingsText } from "../../study/index.ts";
import { linkLines } from "../../study/link-words.ts";
import { modelFlags, studyModelOptions } from "../model-options.ts";
import { defineCommand } from "../command.ts";
import { refuseDoubts, strictFlag } from "../strict.ts";

export default defineCommand({
  description: "Check a study and show it with every default filled in",
  args: {
    study: { type: "positional", description: "the study file (YAML or JSON)", required: true },
    model: { type: "string", valueHint: "FILE", description: "the ONNX model, instead of the study's" },
    data: { type: "string", valueHint: "PATH", description: "file or folder of the data, instead of the study's" },
    ...modelFlags,
    strict: strictFlag,
  },
  examples: [
    { line: "sei check examples/conveyor/study.yaml", does: "list what is wrong, or show the study in full" },
    { line: "sei check examples/conveyor/study.yaml --json", does: "the resolved study in SI units, for scripts" },
  ],
  async run({ args, every, json, print, printJson, progress, signal }) {
    // All of those that vary are read; what is shown, and looked into, is the first.
    const variants = await readVariants(
      args.study,
      { model: args.model, modelOptions: studyModelOptions(every), data: args.data },
      "any",
    );
    const { study, settings } = variants[0]!;
    const profiled = Object.values(study.hosts).some(({ profile }) => profile !== undefined);
    const { sha256 } = profiled ? await readSource(study.model) : {};
    const { doubts, notes } = await openProfiles(study.hosts, sha256);
    if (args.strict) refuseDoubts(doubts);
    const { problems, notes: said, inputs, numbers } = await lookInto(study, progress, signal);
    await refuseContents(args.study, problems);
    // What is usual for such data, where the study does not say.
    if (inputs) study.explore.inputs = inputs;
    notes.push(...said);
    if (variants.length > 1)
      notes.push(
        `the study varies: ${variants.length} variants are sound; this is the first, ${settingsText(settings)}`,
      );
    if (json) return printJson({ ...study, ...(doubts.length > 0 && { doubts }), ...(notes.length > 0 && { notes }) });
    const rows = describe(study, numbers);
    const width = Math.max(...rows.map(([name]) => name.length));
    print(`${args.study}: a sound study`);
    let before = "";
    for (const [name, text] of rows) {
      print(`  ${(name === before ? "" : name).padEnd(width)}  ${text}`);
      before = name;
    }
    for (const line of [...notes.map((note) => `note: ${note}`), ...doubtWarnings(doubts)]) print(line);
  },
});

/** What models and data say against `sei design`, of every flow; nothing where it cannot take the study anyway. */
async function lookInto(study: Study, progress: Pick<Progress, "task">, signal: AbortSignal): Promise<Contents> {
  if (isPinned(study)) return { problems: [], notes: [] };
  const flows = study.system?.flows ?? [{ name: "", study }];
  const found = await progress.task("model and data", async () => {
    const each: Contents[] = [];
    for (const flow of flows) each.push(await checkContents(flow.study, signal));
    return each;
  });
  // What all flows have in common is said of the study.
  const told = (kind: "problems" | "notes"): string[] => [
    ...new Set(
      found.flatMap((one, i) =>
        one[kind].map((text) =>
          found.every((any) => any[kind].includes(text)) ? text : `flow ${flows[i]!.name}: ${text}`,
        ),
      ),
    ),
  ];
  return { ...found[0]!, problems: told("problems"), notes: told("notes") };
}

/** Throws `InputError` with a line for everything in model and data that stands in the way of `sei design`. */
async function refuseContents(file: string, problems: readonly string[]): Promise<void> {
  if (problems.length === 0) return;
  const lines = await Promise.all(
    problems.map(async (problem) => {
      const text = await placed(file, problem);
      return text === problem ? `${file}: ${problem}` : text;
    }),
  );
  const head = problems.length > 1 ? [`${problems.length} problems for sei design in ${file}`] : [];
  throw new InputError("ERR_STUDY", [...head, ...lines].join("\n"));
}

/** How a host makes or reads picture files, where the study says so. */
function codingText(verb: string, seconds: number | undefined): string {
  if (seconds === undefined) return "";
  return `, ${verb} pictures ${seconds === 0 ? "in hardware" : `in ${formatDuration(seconds)}`}`;
}

const isPinned = ({ placing }: Study): boolean =>
  Object.values(placing?.hosts ?? {}).some(({ only, never }) => only.length + never.length > 0);

/** The commands that can use a study, and why the others cannot. */
function usesOf(study: Study): string {
  const pinned = "sei design cannot keep to only and never for now";
  if (study.system) return isPinned(study) ? `no command (${pinned})` : "sei design, sei capacity";
  return isPinned(study)
    ? `sei place, sei simulate (${pinned})`
    : "sei design, sei capacity, sei policy, sei simulate, sei place";
}

/** What every flow has of its own, and what bounds all together. */
function systemOf({ model, requirements, system }: Study): [string, string][] {
  if (!system) return [];
  const shared = new Set(requirements.map(({ text }) => text));
  const flows = system.flows.map(({ name, phase, study: own }): [string, string] => {
    const { host, rate } = own.frames;
    const others = own.requirements.flatMap(({ text }) => (shared.has(text) ? [] : [text]));
    return [
      "flows",
      `${name}: ${system.copies[host] ?? 1} x ${host}, ${formatFrameRate(rate)} each, ${phase}` +
        (modelWords(own.model) === modelWords(model) ? "" : `, model ${modelWords(own.model)}`) +
        (others.length > 0 ? `; ${others.join(", ")}` : ""),
    ];
  });
  return [...flows, ...system.requirements.map(({ text }): [string, string] => ["together", text])];
}

/** What a host costs and what is pinned to it, for `sei place`. */
function placingOf(study: Study): [string, string][] {
  const { hosts = {}, links = [], currency = "" } = study.placing ?? {};
  const choice = (one: OperatorChoice): string =>
    typeof one === "string" ? one : `${one.from ?? "the input"} to ${one.to ?? "the output"}`;
  const money = (amount: number): string => `${formatNumber(amount)} ${currency}`.trim();
  const rows = Object.entries(hosts).map(([name, { power, radio, price, keep, only, never }]): [string, string[]] => [
    name,
    [
      ...(power === undefined ? [] : [`${formatNumber(power)} W computing`]),
      ...(radio === undefined ? [] : [`${formatNumber(radio)} W sending or receiving`]),
      ...(price === undefined ? [] : [`${money(3600 * price)} an hour`]),
      ...(keep.length === 0 ? [] : [`keeps ${keep.join(", ")}`]),
      ...(only.length === 0 ? [] : [`alone runs ${only.map(choice).join(", ")}`]),
      ...(never.length === 0 ? [] : [`never runs ${never.map(choice).join(", ")}`]),
    ],
  ]);
  links.forEach(({ energy, price }, l) =>
    rows.push([
      study.links[l]!.between.join(" - "),
      [
        ...(energy === undefined ? [] : [`${formatEnergy(energy)} a byte`]),
        ...(price === undefined ? [] : [`${money(1e9 * price)} a GB`]),
      ],
    ]),
  );
  return rows
    .filter(([, texts]) => texts.length > 0)
    .map(([name, texts]) => ["placing", `${name}: ${texts.join(", ")}`]);
}

function inputText({ format, quality }: RemoteInput): string {
  return quality === undefined ? format : `${format} ${quality}`;
}

function exitsText({ at, loss, confidence, hidden, epochs }: NonNullable<Study["explore"]["exits"]>): string {
  const where = at ? `at ${at.join(", ")}` : "at the cuts";
  const layer = hidden === 0 ? "no layer between" : `a layer of ${hidden}`;
  return `early exits ${where}, losing ${formatPercent(loss)} at most (${formatPercent(confidence)} sure), ${layer}, ${epochs} epochs`;
}

/** The study in words, a row per thing; rows of the same name follow each other. */
function describe(study: Study, numbers: Contents["numbers"] = "pixels"): [string, string][] {
  const { data, frames, explore } = study;
  const { normalise, limit } = data;
  const { mean, std } = normalise;
  const { saliency, candidates } = explore;
  const scaled = numbers === "values" ? "value" : "pixel / 255";
  return [
    ["name", study.name],
    ["for", usesOf(study)],
    ["model", modelWords(study.model)],
    ["data", `${data.format}${data.path === undefined ? "" : ` from ${data.path}`}, ${data.layout}`],
    ...(numbers === "none"
      ? []
      : [["data", `(${scaled} - [${mean.join(", ")}]) / [${std.join(", ")}]`] satisfies [string, string]]),
    ["data", `at most ${limit.test} images to test, ${limit.train} to train`],
    ...Object.entries(study.hosts).map(([name, host]): [string, string] => [
      "hosts",
      `${name}: ${host.profile === undefined ? `${formatNumber(host.speed)} x this machine` : `profile ${host.profile}`}` +
        (host.memory === undefined ? "" : `, ${formatBytes(host.memory)}`) +
        codingText("encodes", host.encode) +
        codingText("decodes", host.decode) +
        (host.cores === undefined ? "" : `, ${host.cores} at once`) +
        (host.batch ? `, batches of up to ${host.batch.size} within ${formatDuration(host.batch.timeout)}` : ""),
    ]),
    ...study.links.flatMap((link) => linkLines(link).map((text): [string, string] => ["link", text])),
    ...placingOf(study),
    ["frames", `${frames.count} at ${formatFrameRate(frames.rate)} on ${frames.host}`],
    [
      "frames",
      `answer of ${formatBytes(frames.answer.bytes)} on ${frames.answer.host} within ${formatDuration(deadlineOf(study))}`,
    ],
    ...(study.requirements.length === 0 ? [{ text: "none" }] : study.requirements).map(({ text }): [string, string] => [
      "requirements",
      text,
    ]),
    ...systemOf(study),
    ["explore", explore.scenarios.join(", ")],
    [
      "explore",
      candidates.from === "names"
        ? `cuts at ${candidates.names.map(namedCutText).join(", ")}`
        : `cuts at the ${candidates.most} highest maxima of the saliency curve`,
    ],
    [
      "explore",
      `saliency of the ${saliency.target === "label" ? "true" : "predicted"} answer over ${saliency.images} images` +
        (saliency.classes.length > 0 ? ` of ${saliency.classes.join(", ")}` : ""),
    ],
    [
      "explore",
      `codecs ${[...explore.codecs, ...(explore.search ? ["search"] : [])].join(", ")}${explore.plain ? "" : ", only behind a bottleneck"}`,
    ],
    ...(explore.orders ? [["explore", `orders ${explore.orders.join(", ")}`] satisfies [string, string]] : []),
    ...explore.bottlenecks.map((one): [string, string] => [
      "explore",
      one.kind === "pca"
        ? `bottleneck ${formatNumber(one.compression)}x, principal components`
        : `bottleneck ${formatNumber(one.compression)}x, ${one.epochs.frozen} + ${one.epochs.joint} epochs, ` +
          `learning rate ${formatNumber(one.learningRate)}, batches of ${one.batch}`,
    ]),
    ...(explore.exits ? [["explore", exitsText(explore.exits)] satisfies [string, string]] : []),
    ...(explore.inputs
      ? [["explore", `inputs ${explore.inputs.map(inputText).join(", ")}`] satisfies [string, string]]
      : []),
    [
      "explore",
      `over ${transportsTried(explore)
        .map((one) => transportText(one))
        .join(", ")}` +
        (explore.losses.length > 0
          ? `; also at losses of ${explore.losses.map((loss) => formatPercent(loss)).join(", ")}`
          : ""),
    ],
    ["objective", study.objective.join(", then ")],
    ["seed", String(study.seed)],
  ];
}
