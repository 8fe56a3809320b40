/** @file `sei simulate`: a study's frames over its link, without running the model. */
import { deadlineOf, uplinkOf, withLoss, type Study } from "@split-et-impera/core/study";
import {
  bytesSent,
  over,
  remoteDesign,
  simulateSteps,
  summariseFrames,
  transportsTried,
  transportText,
  wayOf,
  type DesignOverload,
  type FrameSummary,
  type TransportSpec,
} from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import { LARGEST_MESSAGE } from "@split-et-impera/core/network";
import { inspectModel } from "@split-et-impera/core/onnx";
import { sizeOf } from "@split-et-impera/core/tensor";
import { formatBytes, formatDuration, formatNumber, formatPercent, parseSize } from "@split-et-impera/core/units";
import type { ProtectionSpec } from "@split-et-impera/core/wire";
import { engine } from "@split-et-impera/ort";
import { readStudyModel } from "../../model/index.ts";
import { readStudy } from "../../study/index.ts";
import { defineCommand } from "../command.ts";
import { table } from "../table.ts";

interface Row {
  bytes: number;
  transport: TransportSpec["kind"];
  /** Most bytes of a message in a datagram, whether lost ones are asked for again, what is added to them; absent: what a packet carries, no, nothing. */
  datagram?: number;
  resend?: true;
  protection?: ProtectionSpec;
  /** Bytes on the way with that. */
  sent: number;
  loss: number;
  /** Share of the frames whose message came with holes, or not at all. */
  holes: number;
  summary: FrameSummary;
  /** Frames come faster than they are answered: latencies only tell how many were simulated. */
  overload?: DesignOverload;
}

export default defineCommand({
  description: "Simulate a study's frames over its link for messages of given sizes, without computing anything",
  args: {
    study: { type: "positional", description: "the study (YAML or JSON)", required: true },
    model: { type: "string", valueHint: "FILE", description: "replaces the study's model" },
    data: { type: "string", valueHint: "PATH", description: "replaces the study's data path" },
    bytes: {
      type: "string",
      valueHint: "SIZE,...",
      description: "sizes per frame (default: the model's input at 8 bits a value)",
    },
  },
  examples: [
    { line: "sei simulate examples/conveyor/study.yaml", does: "the raw image over each transport at each loss rate" },
    {
      line: "sei simulate examples/conveyor/study.yaml --bytes 256B,1kB,4kB",
      does: "what a smaller message would gain",
    },
  ],
  async run({ args, json, print, printJson, progress, signal }) {
    const study = await readStudy(args.study, { model: args.model, data: args.data }, "sei simulate");
    const sizes = args.bytes === undefined ? [await inputBytes(study)] : args.bytes.split(",").map(size);
    const own = uplinkOf(study).link.loss.rate;
    const losses = [...new Set([own, ...study.explore.losses])].sort((a, b) => a - b);
    const rows = await progress.task("simulation", async (update) => {
      const done: Row[] = [];
      for (const bytes of sizes) {
        for (const transport of transportsTried(study.explore)) {
          for (const loss of losses) {
            signal.throwIfAborted();
            const sent = bytesSent(bytes, transport);
            const { kind, ...rest } = transport;
            done.push({
              bytes,
              transport: kind,
              ...rest,
              sent,
              loss,
              ...simulate(study, bytes, transport, loss),
            });
            update(`${formatBytes(bytes)} over ${transportText(transport)} at ${formatPercent(loss)}`);
            await new Promise((resolve) => setImmediate(resolve));
          }
        }
      }
      return done;
    });
    if (json) {
      printJson({ study: study.name, frames: study.frames, deadline: deadlineOf(study), flows: rows });
      return;
    }
    print(
      `${study.frames.count} frames, ${study.frames.rate} a second; late after ${formatDuration(deadlineOf(study))}; latency from sending to the answer's arrival`,
    );
    print(
      table(
        ["bytes", "transport", "sent", "loss", "holes", "median", "p95", "p99", "late", "lost", ""],
        rows.map(cells),
        [0, 2, 3, 4, 5, 6, 7, 8, 9],
      ),
    );
  },
});

function simulate(
  study: Study,
  bytes: number,
  transport: TransportSpec,
  loss: number,
): Pick<Row, "holes" | "summary" | "overload"> {
  const design = over(remoteDesign(study, { inputs: [], outputs: [] }, { format: "raw" }), transport, study);
  const steps = wayOf(design, study, { ns: () => 0, bytes: () => bytes, deadline: 1e9 * deadlineOf(study) });
  const { frames, overload } = simulateSteps(withLoss(study, loss), steps);
  const holes = frames.filter(({ missing }) => missing.length > 0).length / Math.max(1, frames.length);
  return { holes, summary: summariseFrames(frames, deadlineOf(study)), ...(overload && { overload }) };
}

async function inputBytes(study: Study): Promise<number> {
  const { model, inputs } = await readStudyModel(study);
  const { input } = await inspectModel(model, engine, inputs);
  return sizeOf(input.shape);
}

function size(text: string): number {
  const bytes = parseSize(text.trim(), 1, LARGEST_MESSAGE);
  if (typeof bytes === "string") throw new InputError("ERR_USAGE", `--bytes: ${bytes}`);
  return bytes;
}

function cells(row: Row): string[] {
  const { bytes, transport, datagram, resend, protection, sent, loss, holes, summary, overload } = row;
  const time = ({ value }: { value: number }): string => {
    if (overload) return "–";
    return value < Infinity ? formatDuration(value) : "never";
  };
  const { latency, deadlineMisses, framesLost } = summary;
  return [
    formatBytes(bytes),
    transportText({
      kind: transport,
      ...(datagram && { datagram }),
      ...(resend && { resend }),
      ...(protection && { protection }),
    }),
    formatBytes(sent),
    formatPercent(loss),
    transport === "udp" ? formatPercent(holes) : "–",
    time(latency.median),
    time(latency.p95),
    time(latency.p99),
    formatPercent(deadlineMisses.value),
    String(framesLost),
    overload ? `overloaded: ${formatNumber(overload.sustained)} of ${formatNumber(overload.offered)} fps` : "",
  ];
}
