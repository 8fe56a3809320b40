/** @file `sei wire`: what a cut sends in every codec, what that keeps of the quality, and what lost datagrams take. */
import { dirname } from "node:path";
import { inUnit } from "@split-et-impera/charts";
import { planAt } from "@split-et-impera/core/bottleneck";
import { codecName, datagramPayload } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import type { AutoencoderOptions, BottleneckOptions, LossyLink } from "@split-et-impera/core/study";
import { baselineText } from "@split-et-impera/core/task";
import { formatDuration, formatPercent, parseShare } from "@split-et-impera/core/units";
import {
  codecKinds,
  concealments,
  orders,
  parseProtection,
  shortestOf,
  protectionName,
  type ConcealmentKind,
  type OrderKind,
} from "@split-et-impera/core/wire";
import { engine } from "@split-et-impera/ort";
import type { Samples } from "../../data/index.ts";
import { checkInputsKept, checkWritable, writeWhole } from "../../files/index.ts";
import { kindsOf } from "../../kinds-of.ts";
import { openStore } from "../../store/index.ts";
import { filesOfModel } from "../../model/index.ts";
import { unknownName } from "../../nearest.ts";
import { baselineWarnings, chooseTask, examWithTruths, type Exam } from "../../stages/answers/index.ts";
import { cutAt } from "../../stages/check/index.ts";
import { usualSteps, type StepTrial } from "../../stages/design/step-search.ts";
import { wireFigures, type WireFigures, type WirePoint, type WireSearch } from "../../stages/wire/index.ts";
import type { LossCell } from "../../stages/wire/losses.ts";
import { parseCompression, parseDatagram, parseTask } from "../../study/index.ts";
import { defineCommand } from "../command.ts";
import { dataFlags } from "../data-options.ts";
import { burstsOf, checkLosses, numbers, shares } from "../loss-options.ts";
import { constantsFlag, modelFlags, shapesFlag } from "../model-options.ts";
import { openSamples } from "../open-samples.ts";
import { table } from "../table.ts";

const listed = (description: string, value: string) =>
  ({ type: "string", valueHint: "A,B", description, default: value }) as const;

export default defineCommand({
  description: "What a cut sends in every codec, how much quality is left, and what lost datagrams take of it",
  args: {
    model: { type: "positional", description: "the ONNX file of a model without state", required: true },
    at: {
      type: "string",
      valueHint: "TENSOR",
      description: "the tensor that crosses, or several with commas (`sei inspect` lists them)",
      required: true,
    },
    ...dataFlags,
    task: {
      type: "string",
      valueHint: "KIND",
      description: "what the model is for, as for `sei score` (default: by the model's metadata and what the data say)",
    },
    codecs: listed("codecs to try, or the word all", "all"),
    steps: listed(
      "widths of steps to try on training samples, in those of the least squared error",
      usualSteps.join(","),
    ),
    drop: {
      type: "string",
      valueHint: "SHARE",
      description: "how much quality may be lost for fewer bytes (of what is no share: as a share of it)",
      default: "0.5 %",
    },
    "loss-codecs": listed("codecs to try under loss, or the word none", "uint8,rans4"),
    losses: listed("shares of datagrams lost", "10 %,30 %"),
    bursts: listed("datagrams lost in a row, in the mean; 1: independently", "1,3"),
    orders: listed("orders of the values to try under loss", kindsOf(orders).join(",")),
    concealments: listed("what stands in for lost values", kindsOf(concealments).join(",")),
    protections: listed("what is added to datagrams, as a study has it", "none"),
    payload: {
      type: "string",
      valueHint: "BYTES",
      description: "most bytes of a message in a datagram, as `datagrams` of a study has them",
      default: String(datagramPayload),
    },
    bottlenecks: listed(
      "bottlenecks to try, each fitted (8, or pca 8), trained (trained 8) or trained for the losses too (lossy 8), or the word none",
      "none",
    ),
    epochs: {
      type: "string",
      valueHint: "FROZEN,JOINT",
      description: "of bottlenecks that are trained: passes with the model frozen, and then end to end (default: 4,0)",
    },
    pictures: {
      type: "boolean",
      description: "compare with PNG, WebP and JPEG, where data are pictures; --no-pictures: do not",
      default: true,
    },
    html: { type: "string", valueHint: "FILE", description: "writes a page with the curves too" },
    shape: modelFlags.shape,
    constant: modelFlags.constant,
  },
  examples: [
    {
      line: "sei wire examples/conveyor/parts.onnx --at block2/MaxPool --data conveyor --limit 200",
      does: "bytes and accuracy of every codec at a cut, beside those of pictures",
    },
    {
      line: "sei wire MODEL.onnx --at pool1 --data PHOTOS --loss-codecs uint4 --losses '30 %' --json",
      does: "one codec under loss in every order and with every concealment, as JSON",
    },
    {
      line: "sei wire MODEL.onnx --at pool1 --data PHOTOS --codecs uint8 --loss-codecs uint8 --bottlenecks 'pca 8,trained 8,lossy 8'",
      does: "three bottlenecks of as many bytes, with nothing lost and under loss",
    },
  ],
  async run({ args, every, json, print, printJson, progress, signal, warn }) {
    const payload = parseDatagram(args.payload);
    if (typeof payload === "string") throw new InputError("ERR_USAGE", `--payload: ${payload}`);
    const codecs = args.codecs === "all" ? codecKinds : oneOf("codecs", args.codecs, codecKinds);
    const steps = numbers("steps", args.steps, (step) => step > 0, "numbers above 0");
    const drop = parseShare(args.drop);
    if (typeof drop !== "number")
      throw new InputError("ERR_USAGE", `--drop: expected a share such as 0.5 %, got "${args.drop}"`);
    const losses = lossCells(args);
    if (args.html !== undefined) {
      await checkWritable(dirname(args.html));
      await checkInputsKept(await filesOfModel(args.model), [args.html]);
    }
    const bottlenecks = bottlenecksOf(args, losses, payload);
    const options = args.task === undefined ? undefined : await parseTask(args.task);
    const flags = { ...shapesFlag(every("shape")), ...constantsFlag(every("constant")) };
    const opened = await openSamples({ args, flags, splits: ["test", "train"], task: options, signal });
    const { inspection, data: fed } = opened;
    const [test, train] = opened.samples as [Samples, Samples];
    for (const { message } of inspection.troubles) warn(message);
    if (inspection.state.length > 0)
      throw new InputError(
        "ERR_MODEL_STATE",
        `${args.model}: expected a model without state; \`sei design\` takes streams`,
      );
    const cut = cutAt(args.at, inspection, args.model);
    if (cut.length > 1 && bottlenecks.length > 0)
      throw new InputError("ERR_USAGE", "--bottlenecks: expected a cut of one tensor, which they are made for");
    for (const one of bottlenecks) planAt(inspection, cut[0]!, one);
    for (const note of test.notes) warn(note);
    const { task, notes } = chooseTask(options, test, inspection.model);
    for (const note of notes) warn(note);
    const exam = await examWithTruths(engine, task, inspection, test, signal);
    for (const note of exam.binding.notes) warn(note);
    const rehearsal = await examWithTruths(engine, task, inspection, train, signal);
    const unjudged = problemWith(rehearsal);
    if (unjudged !== undefined) warn(`steps of codecs are not searched for: ${unjudged}`);
    for (const doubt of await baselineWarnings({ engine, inspection, data: test, exam, options: fed, signal }))
      warn(baselineText(doubt));
    const figures = await wireFigures({
      inspection,
      cut,
      train,
      test,
      exam,
      rehearsal: unjudged === undefined ? rehearsal : undefined,
      data: fed,
      codecs,
      steps,
      drop,
      payload,
      bottlenecks,
      store: openStore(),
      losses,
      pictures: args.pictures,
      engine,
      signal,
      progress,
    });
    if (args.html !== undefined) {
      const { renderWire } = await import("../../report/index.ts");
      await writeWhole(args.html, renderWire(figures, args.model));
    }
    if (json) {
      const loss = figures.loss.map(({ protection, ...cell }) => ({ ...cell, protection: protectionName(protection) }));
      printJson({ ...figures, loss });
      return;
    }
    print(text(figures));
  },
});

/** Why an exam judges nothing; undefined where the first sample has what it needs. */
function problemWith({ truth }: Exam): string | undefined {
  try {
    truth(0);
    return undefined;
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

/** Of `8` and `pca 8` alike, `trained 8` and `lossy 8`. */
function bottlenecksOf(
  { bottlenecks: said, epochs: passes }: { bottlenecks: string; epochs?: string | undefined },
  losses: readonly LossCell[],
  payload: number,
): BottleneckOptions[] {
  const epochs = epochsOf(passes ?? "4");
  const found =
    said === "none"
      ? []
      : said.split(",").map((part): BottleneckOptions => {
          const [, kind = "pca", factor] = /^(?:(pca|trained|lossy)\s+)?(.*)$/.exec(part.trim())!;
          const compression = parseCompression(factor);
          if (typeof compression === "string")
            throw new InputError(
              "ERR_USAGE",
              `--bottlenecks: ${compression}; before it may stand pca, trained or lossy`,
            );
          if (kind === "pca") return { kind, compression };
          const trained = { compression, epochs, ...trainedAs };
          return kind === "trained" ? trained : { ...trained, lossy: { ...linkOf(losses), payload } };
        });
  if (passes !== undefined && found.every(({ kind }) => kind === "pca"))
    throw new InputError("ERR_USAGE", "--epochs: expected --bottlenecks with one that is trained, such as trained 8");
  return found;
}

/** `4`, `4,2`. */
function epochsOf(said: string): AutoencoderOptions["epochs"] {
  const [frozen = 0, joint = 0, ...more] = said.split(",").map(Number);
  if (frozen >= 1 && joint >= 0 && [frozen, joint].every(Number.isInteger) && more.length === 0)
    return { frozen, joint };
  throw new InputError("ERR_USAGE", `--epochs: expected a whole number above 0, or two such as 4,2, got "${said}"`);
}

/** As a study trains them that says nothing else. */
const trainedAs = {
  learningRate: 0.005,
  batch: 64,
  augment: ["mirror", "shift"],
} satisfies Partial<AutoencoderOptions>;

/** The link of the losses that are tried, and of none: what is trained for them. */
function linkOf(cells: readonly LossCell[]): Pick<LossyLink, "codec" | "losses" | "bursts"> {
  const kinds = cells.map(({ codec }) => codec);
  if (kinds.length === 0)
    throw new InputError(
      "ERR_USAGE",
      "--bottlenecks lossy: expected --loss-codecs and --losses to train for, got none",
    );
  return {
    codec: shortestOf(kinds),
    losses: [...new Set([0, ...cells.map(({ loss }) => loss)])],
    bursts: [...new Set(cells.map(({ burst }) => burst))],
  };
}

/** The words of a flag, each of a closed set. */
function oneOf<K extends string>(flag: string, said: string, known: readonly K[]): K[] {
  return said.split(",").map((part) => {
    const found = known.find((name) => name === part.trim());
    if (found !== undefined) return found;
    throw new InputError("ERR_USAGE", unknownName(`--${flag}`, known, part.trim()));
  });
}

type LossFlags = Record<"loss-codecs" | "losses" | "bursts" | "orders" | "concealments" | "protections", string>;

/** Every combination that the flags ask for. */
function lossCells(args: LossFlags): LossCell[] {
  if (args["loss-codecs"] === "none") return [];
  const link = { losses: shares("losses", args.losses), bursts: burstsOf("bursts", args.bursts) };
  checkLosses("--losses", link);
  const cells: LossCell[] = [];
  const codecs = oneOf("loss-codecs", args["loss-codecs"], codecKinds);
  const sent: OrderKind[] = oneOf("orders", args.orders, kindsOf(orders));
  const filled: ConcealmentKind[] = oneOf("concealments", args.concealments, kindsOf(concealments));
  for (const loss of link.losses) {
    for (const burst of link.bursts) {
      for (const codec of codecs) {
        for (const said of args.protections.split(",")) {
          const protection = parseProtection(said.trim(), { rate: loss, burst });
          if (typeof protection === "string") throw new InputError("ERR_USAGE", `--protections: ${protection}`);
          for (const order of sent)
            for (const concealment of filled) cells.push({ codec, order, protection, concealment, loss, burst });
        }
      }
    }
  }
  return cells;
}

function text({ metric, whole, points, search, images, loss, judgedOn, searchedOn }: WireFigures): string {
  const quality = ({ value, lo, hi }: WirePoint["quality"]): string[] => [
    inUnit(metric, value),
    `${inUnit(metric, lo)} to ${inUnit(metric, hi)}`,
  ];
  const rows = [...points, ...images].map(
    ({ codec, step, made, bytes, quality: found, encodeSeconds, decodeSeconds }) => [
      [...(made === null ? [] : [made]), wayName({ codec, step })].join(", "),
      bytes.toFixed(0),
      ...quality(found),
      formatDuration(encodeSeconds),
      formatDuration(decodeSeconds),
    ],
  );
  const drop = (value: number): string => inUnit(`${metric}-drop`, value);
  const lossy = loss.map(({ behind, ...one }) => [
    [...(one.made === null ? [] : [one.made]), one.codec].join(", "),
    one.order,
    protectionName(one.protection),
    one.concealment,
    formatPercent(one.loss),
    String(one.burst),
    one.bytes.toFixed(0),
    ...quality(one.quality),
    drop(behind.value),
    `${drop(behind.lo)} to ${drop(behind.hi)}`,
  ]);
  return [
    `whole model: ${quality(whole.quality).join(", ")} ${metric}; ${judgedOn.samples} samples of ${judgedOn.data}, ranges, tables and steps from ${searchedOn.samples} of ${searchedOn.data}`,
    "",
    table(["sent as", "bytes", metric, "95 % interval", "encode", "decode"], rows, [1, 2, 4, 5]),
    ...(search ? ["", ...leastText(metric, search)] : []),
    ...(lossy.length > 0 ? ["", table(lossHeads(metric), lossy, [4, 5, 6, 7, 9])] : []),
  ].join("\n");
}

const lossHeads = (metric: string): string[] =>
  `codec,order,protection,lost values,loss,burst,bytes,${metric},95 % interval,behind the first,95 % interval`.split(
    ",",
  );

const wayName = ({ codec, step }: { codec: string; step: number }): string =>
  codecName({ kind: codec, ...(step !== 1 && { step }) });

/** What the search chose, what the test samples say of it, and the curve that it was found on. */
function leastText(metric: string, { least, trials, allowed, whole }: WireSearch): string[] {
  const points = (value: number): string => inUnit(`${metric}-drop`, value);
  const curves = [...new Set(trials.map(({ codec }) => codec))].flatMap((codec) => {
    const own = trials.filter((one) => one.codec === codec);
    return own.length < 2 ? [] : [{ codec, own }];
  });
  const steps = [...new Set(curves.flatMap(({ own }) => own.map(({ step }) => step)))];
  const tried = trials.map(({ samples }) => samples);
  const cell = (found: StepTrial | undefined): string =>
    found ? `${found.bytes.toFixed(0)} B ${points(found.drop)}` : "";
  return [
    least
      ? `Fewest bytes with at most ${points(allowed)} lost on training samples: ${wayName(least)}, ${least.bytes.toFixed(0)} B; on test samples ${inUnit(metric, least.quality.value)}, ${points(least.drop.value)} lost (${points(least.drop.lo)} to ${points(least.drop.hi)})`
      : `No codec loses at most ${points(allowed)} on training samples`,
    ...(steps.length > 1
      ? [
          "",
          `Widths of steps on ${Math.min(...tried)} training samples, those in question on up to ${Math.max(...tried)}: bytes, and what is lost of ${inUnit(metric, whole)}`,
          table(
            ["codec", ...steps.map((step) => `x${step}`)],
            curves.map(({ codec, own }) => [codec, ...steps.map((step) => cell(own.find((one) => one.step === step)))]),
            steps.map((_, i) => i + 1),
          ),
        ]
      : []),
  ];
}
