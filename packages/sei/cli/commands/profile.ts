/** @file `sei profile`: how long a model and its pieces take on the machine that runs it. */
import { doubtsOf, doubtWarnings, wholeWork } from "@split-et-impera/core/cost";
import { cutName, type Cut } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import type { Inspection } from "@split-et-impera/core/onnx";
import { formatDuration } from "@split-et-impera/core/units";
import { codecKinds, orders, usualOrder } from "@split-et-impera/core/wire";
import { cutAt, inspectAny, usableSeveral } from "../../stages/check/index.ts";
import {
  cutsLeftOut,
  measureProfile,
  profileJson,
  profiledCuts,
  type ProfileOptions,
} from "../../stages/measure/index.ts";
import { engine } from "@split-et-impera/ort";
import { dirname } from "node:path";
import { checkInputsKept, checkWritable, writeWhole } from "../../files/index.ts";
import { filesOfModel, readModelWith } from "../../model/index.ts";
import { kindsOf } from "../../kinds-of.ts";
import { nameList } from "../../name-list.ts";
import { unknownName } from "../../nearest.ts";
import { defineCommand } from "../command.ts";
import { dataFlags } from "../data-options.ts";
import { modelFlags, modelOptions } from "../model-options.ts";
import { openSamples } from "../open-samples.ts";
import { refuseDoubts, strictFlag } from "../strict.ts";
import { table } from "../table.ts";
import { printable } from "../text.ts";

const { data, mean, std } = dataFlags;

export default defineCommand({
  description:
    "Time a model, whole and split at every legal cut, on this machine; a study takes the file as a host's profile",
  args: {
    model: { type: "positional", description: "the ONNX file", required: true },
    out: { type: "string", valueHint: "FILE", description: "where the profile goes (.json)", required: true },
    at: {
      type: "string",
      valueHint: "A,B",
      description:
        "only these cuts (default: all legal ones of one tensor); one of several tensors in quotes: '\"A,B\",C'",
    },
    cuts: {
      type: "boolean",
      description: "also the useful cuts of several tensors, as `sei inspect --cuts` lists them",
    },
    bottlenecks: {
      type: "string",
      valueHint: "A,B",
      description: "compressions of bottlenecks to time at each cut, or the word none",
      default: "64",
    },
    codecs: {
      type: "string",
      valueHint: "A,B",
      description: `whose coding is timed at each cut, of ${codecKinds.join(", ")}; in the order that streams have and in that of datagrams, or in one alone: 'uint8 interleaved'`,
      default: "float32,float16,uint8",
    },
    ...modelFlags,
    data: { ...data, description: "images; their coding as PNG and JPEG is timed too (default: random input)" },
    mean,
    std,
    strict: strictFlag,
  },
  examples: [
    {
      line: "sei profile examples/conveyor/parts.onnx --out camera.json",
      does: "run on the camera, then `profile: camera.json` in a study",
    },
    {
      line: "sei profile MODEL.onnx --data PHOTOS --at pool3,pool4 --out camera.json",
      does: "on a real image, with the pictures' coding; two cuts only",
    },
  ],
  async run({ args, every, json, print, printJson, progress, signal }) {
    const inputs = modelOptions(every);
    const compressions = factors(args.bottlenecks);
    const codecs = codecsOf(args.codecs);
    const { model, sha256 } = await readModelWith(args.model, inputs);
    await checkWritable(dirname(args.out));
    await checkInputsKept(await filesOfModel(args.model), [args.out]);
    const opened =
      args.data === undefined
        ? undefined
        : await openSamples({ args: { ...args, limit: "1" }, flags: inputs, splits: ["test"], signal });
    const inspection =
      opened?.inspection ?? (await inspectAny(model, engine, { ...inputs, constants: undefined, signal }));
    const several = args.cuts ? usableSeveral(inspection) : [];
    const asked = [...chosen(args.at, inspection, args.model), ...several];
    const cuts = [...new Map(asked.map((cut) => [cutName(cut), cut])).values()];
    const [sample] = opened?.samples ?? [];
    const feeds = sample?.feeds([0]) ?? inspection.feeds(1, "profile");
    const { image } = sample ?? {};
    const { profile, leftOut } = await progress.task("profile", (update) =>
      measureProfile(inspection, {
        sha256,
        feeds,
        cuts,
        codecs,
        compressions,
        ...(image && {
          picture: {
            pixels: image.pixels(0),
            shape: image,
            as: [{ format: "png" }, { format: "webp" }, { format: "jpeg", quality: 90 }],
          },
        }),
        signal,
        onProgress: update,
      }),
    );
    signal.throwIfAborted();
    const text = profileJson(profile);
    await writeWhole(args.out, text);
    const missing = [...(args.at === undefined ? cutsLeftOut(inspection) : []), ...leftOut];
    const doubts = doubtsOf(profile.works);
    if (json) printJson({ ...(JSON.parse(text) as object), leftOut: missing, doubts });
    const time = (work: string): string => {
      const found = profile.works[work];
      return found ? formatDuration(found.seconds) : "";
    };
    const { call = 0, lo, hi } = profile.works[wholeWork]!;
    print(
      `${args.model} on ${profile.machine.cpu}: ${time(wholeWork)} for one image (${formatDuration(lo)} to ${formatDuration(hi)}), of which an empty call takes ${formatDuration(call)}`,
    );
    const suffixes = ["", ...compressions.map((factor) => `+${factor}x`)];
    print(
      table(
        ["cut", ...suffixes.flatMap((suffix) => [`head${suffix}`, `tail${suffix}`])],
        cuts
          .map(cutName)
          .map((cut) =>
            [cut].concat(suffixes.flatMap((suffix) => ["head", "tail"].map((part) => time(`${part}@${cut}${suffix}`)))),
          ),
        suffixes.flatMap((_, i) => [2 * i + 1, 2 * i + 2]),
      ),
    );
    print("");
    for (const { cut, compression, because } of missing)
      print(
        printable(
          `left out: ${cut}${compression === undefined ? "" : ` with a ${compression}x bottleneck`}: ${because}`,
        ),
      );
    const others = Object.values(profile.works).reduce((sum, { disturbed = 0 }) => sum + disturbed, 0);
    if (others > 0) print(`${others} runs were disturbed by what else the machine did`);
    print(`${Object.keys(profile.works).length} times in ${args.out}`);
    const all = [{ source: args.out, doubts }];
    for (const line of doubtWarnings(all)) print(line);
    if (args.strict) refuseDoubts(all);
  },
});

function chosen(at: string | undefined, inspection: Inspection, model: string): Cut[] {
  const known = profiledCuts(inspection);
  if (at === undefined) return known.map((cut) => [cut]);
  const { index } = inspection;
  const tensors = [...index.inputs, ...index.producer.keys()];
  return nameList([at], tensors).map((name) => (known.includes(name) ? [name] : cutAt(name, inspection, model)));
}

/** `uint8`, `uint8 interleaved`. */
function codecsOf(text: string): ProfileOptions["codecs"] {
  return text.split(",").flatMap((part) => {
    const [name, said, ...more] = part.trim().split(/\s+/);
    const kind = codecKinds.find((one) => one === name);
    const order = kindsOf(orders).find((one) => one === said);
    if (kind && said === undefined) return [{ kind }, { kind, order: usualOrder }];
    if (kind && more.length === 0 && order) return { kind, ...(order !== "tensor" && { order }) };
    throw new InputError("ERR_USAGE", unknownName("--codecs", codecKinds, part));
  });
}

function factors(text: string): number[] {
  if (text === "none") return [];
  return text.split(",").map((part) => {
    const value = Number(part);
    if (part.trim() !== "" && value > 1 && Number.isFinite(value)) return value;
    throw new InputError("ERR_USAGE", `--bottlenecks: expected factors above 1 such as 64, or none, got "${text}"`);
  });
}
