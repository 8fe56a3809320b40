/** @file `sei check`: whether a study is sound, and what it says once every default is filled in. */
import type { Study } from "@split-et-impera/core/design";
import { deadlineOf } from "@split-et-impera/core/design";
import {
  formatBytes,
  formatDuration,
  formatFrameRate,
  formatNumber,
  formatPercent,
  formatRate,
} from "@split-et-impera/core/units";
import { readStudy } from "../../study/index.ts";
import { defineCommand } from "../command.ts";

export default defineCommand({
  description: "Check a study and show it with every default filled in",
  args: {
    study: { type: "positional", description: "the study file (YAML or JSON)", required: true },
    model: { type: "string", valueHint: "FILE", description: "the ONNX model, instead of the study's" },
    data: { type: "string", valueHint: "PATH", description: "file or folder of the data, instead of the study's" },
  },
  examples: [
    { line: "sei check examples/conveyor/study.yaml", does: "list what is wrong, or show the study in full" },
    { line: "sei check study.yaml --model vgg16.onnx --json", does: "the resolved study in SI units, for scripts" },
  ],
  async run({ args, json, print, printJson }) {
    const study = await readStudy(args.study, { model: args.model, data: args.data }, "any");
    if (json) return printJson(study);
    const rows = describe(study);
    const width = Math.max(...rows.map(([name]) => name.length));
    print(`${args.study}: a sound study`);
    let before = "";
    for (const [name, text] of rows) {
      print(`  ${(name === before ? "" : name).padEnd(width)}  ${text}`);
      before = name;
    }
  },
});

function usesOf({ hosts }: Study): string {
  const count = Object.keys(hosts).length;
  return count === 2
    ? "sei design, sei simulate, sei place"
    : `sei place (sei design and sei simulate take two hosts for now, these are ${count})`;
}

/** The study in words, a row per thing; rows of the same name follow each other. */
function describe(study: Study): [string, string][] {
  const { data, frames, explore } = study;
  const { normalise, limit } = data;
  const { mean, std } = normalise;
  const { saliency, candidates } = explore;
  return [
    ["name", study.name],
    ["for", usesOf(study)],
    ["model", study.model],
    ["data", `${data.format}${data.path === undefined ? "" : ` from ${data.path}`}, ${data.layout}`],
    ["data", `(pixel / 255 - [${mean.join(", ")}]) / [${std.join(", ")}]`],
    ["data", `at most ${limit.test} images to test, ${limit.train} to train`],
    ...Object.entries(study.hosts).map(([name, host]): [string, string] => [
      "hosts",
      `${name}: ${host.profile === undefined ? `${formatNumber(host.speed)} x this machine` : `profile ${host.profile}`}` +
        (host.memory === undefined ? "" : `, ${formatBytes(host.memory)}`),
    ]),
    ...study.links.map(({ between, rate, delay, loss, queue, duplex, header }): [string, string] => [
      "link",
      `${between.join(" - ")}: ${formatRate(rate)} ${duplex} duplex, ${formatDuration(delay)}, ` +
        `loss ${formatPercent(loss.rate)}${loss.burst > 1 ? ` in bursts of ${formatNumber(loss.burst)}` : ""}, ` +
        `queue of ${queue} packets, ${header} bytes of header`,
    ]),
    ["frames", `${frames.count} at ${formatFrameRate(frames.rate)} on ${frames.host}`],
    [
      "frames",
      `answer of ${formatBytes(frames.answer.bytes)} on ${frames.answer.host} within ${formatDuration(deadlineOf(study))}`,
    ],
    ...(study.requirements.length === 0 ? [{ text: "none" }] : study.requirements).map(({ text }): [string, string] => [
      "requirements",
      text,
    ]),
    ["explore", explore.scenarios.join(", ")],
    [
      "explore",
      candidates.from === "names"
        ? `cuts at ${candidates.names.join(", ")}`
        : `cuts at the ${candidates.most} highest maxima of the saliency curve`,
    ],
    [
      "explore",
      `saliency of the ${saliency.target === "label" ? "true" : "predicted"} class over ${saliency.images} images` +
        (saliency.classes.length > 0 ? ` of ${saliency.classes.join(", ")}` : ""),
    ],
    ["explore", `codecs ${explore.codecs.join(", ")}${explore.plain ? "" : ", only behind a bottleneck"}`],
    ...explore.bottlenecks.map(({ compression, epochs, learningRate, batch }): [string, string] => [
      "explore",
      `bottleneck ${formatNumber(compression)}x, ${epochs.frozen} + ${epochs.joint} epochs, ` +
        `learning rate ${formatNumber(learningRate)}, batches of ${batch}`,
    ]),
    ["explore", `inputs ${explore.inputs.map(({ format, quality }) => [format, quality].join(" ").trim()).join(", ")}`],
    [
      "explore",
      `over ${explore.transports.join(", ")}; also at losses of ${explore.losses.map((loss) => formatPercent(loss)).join(", ")}`,
    ],
    ["objective", study.objective.join(", then ")],
    ["seed", String(study.seed)],
  ];
}
