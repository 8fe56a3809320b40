/** @file `sei wire`: what a cut sends in every codec, what that keeps of the quality, and what lost datagrams take. */
import { inUnit } from "@split-et-impera/charts";
import { datagramPayload } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import { inspectModel, type Inspection } from "@split-et-impera/core/onnx";
import { formatDuration, formatPercent, parseShare } from "@split-et-impera/core/units";
import {
  codecKinds,
  concealments,
  leastUnit,
  orders,
  parseProtection,
  protectionName,
  type ConcealmentKind,
  type OrderKind,
} from "@split-et-impera/core/wire";
import { engine } from "@split-et-impera/ort";
import { openData, samplesFor } from "../../data/index.ts";
import { kindsOf } from "../../kinds-of.ts";
import { readModel } from "../../model/index.ts";
import { nameList } from "../../name-list.ts";
import { nearest, unknownName } from "../../nearest.ts";
import { chooseTask, examOf } from "../../stages/answers/index.ts";
import { cutProblem, inModelOrder, unfitReason } from "../../stages/check/index.ts";
import { profiledCuts } from "../../stages/measure/index.ts";
import { wireFigures, type WireFigures, type WirePoint } from "../../stages/wire/index.ts";
import type { LossCell } from "../../stages/wire/losses.ts";
import { parseTask } from "../../study/index.ts";
import { defineCommand } from "../command.ts";
import { dataFlags, dataOptions, wholeNumber } from "../data-options.ts";
import { modelFlags, modelOptions } from "../model-options.ts";
import { table } from "../table.ts";

const listed = (description: string, value: string) =>
  ({ type: "string", valueHint: "A,B", description, default: value }) as const;

export default defineCommand({
  description: "What a cut sends in every codec, how much quality is left, and what lost datagrams take of it",
  args: {
    model: { type: "positional", description: "the ONNX file", required: true },
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
    "loss-codecs": listed("codecs to try under loss, or the word none", "uint8,rans4"),
    losses: listed("shares of datagrams lost", "10 %,30 %"),
    bursts: listed("datagrams lost in a row, in the mean; 1: independently", "1,3"),
    orders: listed("orders of the values to try under loss", kindsOf(orders).join(",")),
    concealments: listed("what stands in for lost values", kindsOf(concealments).join(",")),
    protections: listed("what is added to datagrams, as a study has it", "none"),
    payload: {
      type: "string",
      valueHint: "BYTES",
      description: "most bytes of a message in a datagram",
      default: String(datagramPayload),
    },
    pictures: {
      type: "boolean",
      description: "compare with PNG, WebP and JPEG, where data are pictures",
      default: true,
    },
    ...modelFlags,
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
  ],
  async run({ args, every, json, print, printJson, progress, signal, warn }) {
    const payload = wholeNumber("payload", args.payload);
    if (payload < leastUnit || payload > datagramPayload)
      throw new InputError("ERR_USAGE", `--payload: expected ${leastUnit} to ${datagramPayload} bytes, got ${payload}`);
    const codecs = args.codecs === "all" ? codecKinds : oneOf("codecs", args.codecs, codecKinds);
    const losses = lossCells(args);
    const options = args.task === undefined ? undefined : await parseTask(args.task);
    const inspection = await inspectModel(await readModel(args.model), engine, {
      ...modelOptions(every),
      ...(options?.output !== undefined && { output: options.output }),
      signal,
    });
    for (const { message } of inspection.troubles) warn(message);
    const cut = cutAt(args.at, inspection, args.model);
    const fed = await dataOptions(args, inspection);
    const [test, train] = await Promise.all(
      (["test", "train"] as const).map(async (split) => samplesFor(await openData(fed, split), inspection, fed)),
    );
    for (const note of test!.notes) warn(note);
    const { task, notes } = chooseTask(options, test!, inspection.model);
    for (const note of notes) warn(note);
    const exam = examOf(task, inspection, test!);
    for (const note of exam.binding.notes) warn(note);
    const figures = await wireFigures({
      inspection,
      cut,
      train: train!,
      test: test!,
      exam,
      data: fed,
      codecs,
      payload,
      losses,
      pictures: args.pictures,
      engine,
      signal,
      progress,
    });
    if (json) {
      const loss = figures.loss.map(({ protection, ...cell }) => ({ ...cell, protection: protectionName(protection) }));
      printJson({ ...figures, loss });
      return;
    }
    print(text(figures));
  },
});

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
  const shares = args.losses.split(",").map((part) => {
    const share = parseShare(part.trim());
    if (typeof share === "number" && share < 1) return share;
    throw new InputError("ERR_USAGE", `--losses: expected shares below 1 such as 10 %, got "${part.trim()}"`);
  });
  const bursts = args.bursts.split(",").map((part) => {
    const burst = Number(part);
    if (burst >= 1 && Number.isFinite(burst)) return burst;
    throw new InputError("ERR_USAGE", `--bursts: expected numbers of 1 or more, got "${part.trim()}"`);
  });
  const cells: LossCell[] = [];
  const codecs = oneOf("loss-codecs", args["loss-codecs"], codecKinds);
  const sent: OrderKind[] = oneOf("orders", args.orders, kindsOf(orders));
  const filled: ConcealmentKind[] = oneOf("concealments", args.concealments, kindsOf(concealments));
  for (const loss of shares) {
    for (const burst of bursts) {
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

function cutAt(at: string, inspection: Inspection, model: string): string[] {
  const { index } = inspection;
  const cut = inModelOrder(nameList([at], [...index.inputs, ...index.producer.keys()]), index);
  const known = profiledCuts(inspection);
  if (cut.length === 1 && known.includes(cut[0]!)) return cut;
  const problem =
    cut.length === 1
      ? `"${cut[0]}" is no cut of ${model}${nearest(cut[0]!, known)}; \`sei inspect\` lists them`
      : (cutProblem(cut, inspection) ?? unfitReason(cut, inspection));
  if (problem === undefined) return cut;
  throw new InputError("ERR_CUT_UNKNOWN", `--at: ${problem}`);
}

function text({ metric, whole, points, images, loss, judgedOn, searchedOn }: WireFigures): string {
  const quality = ({ value, lo, hi }: WirePoint["quality"]): string[] => [
    inUnit(metric, value),
    `${inUnit(metric, lo)} to ${inUnit(metric, hi)}`,
  ];
  const rows = [...points, ...images].map(({ codec, bytes, quality: found, encodeSeconds, decodeSeconds }) => [
    codec,
    bytes.toFixed(0),
    ...quality(found),
    formatDuration(encodeSeconds),
    formatDuration(decodeSeconds),
  ]);
  const lossy = loss.map(({ codec, order, protection, concealment, loss: share, burst, bytes, quality: found }) => [
    codec,
    order,
    protectionName(protection),
    concealment,
    formatPercent(share),
    String(burst),
    bytes.toFixed(0),
    ...quality(found),
  ]);
  return [
    `whole model: ${quality(whole.quality).join(", ")} ${metric}; ${judgedOn.samples} samples of ${judgedOn.data}, ranges and tables from ${searchedOn.samples} of ${searchedOn.data}`,
    "",
    table(["sent as", "bytes", metric, "95 % interval", "encode", "decode"], rows, [1, 2, 4, 5]),
    ...(lossy.length > 0
      ? [
          "",
          table(
            ["codec", "order", "protection", "lost values", "loss", "burst", "bytes", metric, "95 % interval"],
            lossy,
            [4, 5, 6, 7],
          ),
        ]
      : []),
  ].join("\n");
}
