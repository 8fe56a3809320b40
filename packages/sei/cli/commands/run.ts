/** @file `sei run`: the host of a deployment that captures. */
import { setTimeout as sleep } from "node:timers/promises";
import { InputError } from "@split-et-impera/core/errors";
import { metricRule } from "@split-et-impera/core/study";
import { wilson, type Estimate } from "@split-et-impera/core/statistics";
import { formatBytes, formatDuration, formatPercent, formatRate, parseFrameRate } from "@split-et-impera/core/units";
import { FollowingHost, roleOf, RunningHost, type FrameRecord, type HostOptions } from "@split-et-impera/runtime/host";
import { readDeployment } from "../../deploy/index.ts";
import { checkInputsKept } from "../../files/index.ts";
import {
  answerText,
  captureAll,
  eventText,
  frameLine,
  hopeless,
  judge,
  openSource,
  placesOf,
  plansOf,
  readPolicyBundles,
  RunQuality,
  RunTally,
  summarise,
  swapper,
  tellingSeldom,
  untilReady,
  type SourceFrame,
  type RunSummary,
  type Wording,
  unreadableEvent,
  wordingOf,
} from "../../run/index.ts";
import { metricsOf, openMetrics } from "../../run/metrics.ts";
import { openSinks, sinkFlags } from "../../run/sinks/index.ts";
import { openTracing } from "../../run/tracing/index.ts";
import { defineCommand } from "../command.ts";
import { wholeNumber } from "../data-options.ts";
import { folderOrPolicy, hostFlags, hostParts, policyFlag } from "../host-options.ts";
import { trustOf } from "../trust-options.ts";

export default defineCommand({
  description: "Run the host of a deployment that captures: frames in, answers out",
  args: {
    bundle: { type: "positional", description: "the folder that `sei design` made (bundle/)", required: false },
    policy: policyFlag,
    input: {
      type: "string",
      valueHint: "SOURCE",
      description:
        "where frames come from: a folder of pictures, a study (its test data), .npy or .npz, a video, rtsp://..., /dev/video0, - for raw frames on stdin",
      required: true,
    },
    connect: {
      type: "string",
      valueHint: "NAME=ADDRESS:PORT",
      description:
        "where another host is (default: the deployment's address, else 127.0.0.1:7000), or the URL of a model in its place: http://HOST:PORT/v2/models/MODEL; may be given several times",
    },
    ...hostFlags,
    rate: { type: "string", valueHint: "FPS", description: "frames a second (default: the deployment's)" },
    count: { type: "string", valueHint: "N", description: "frames; stored ones are shown again (default: each once)" },
    fallback: {
      type: "string",
      valueHint: "local",
      description: "local: where an answer would come too late, this host runs the rest of the model itself",
    },
    "in-flight": {
      type: "string",
      valueHint: "N",
      description: "frames under way at most; more are dropped and counted",
      default: "64",
    },
    ...sinkFlags,
    data: { type: "string", valueHint: "PATH", description: "replaces a study's data path (--input STUDY)" },
    model: { type: "string", valueHint: "FILE", description: "replaces a study's model (--input STUDY)" },
  },
  examples: [
    {
      line: "sei run BUNDLE --input PHOTOS --insecure",
      does: "a folder of pictures, with `sei serve` on this machine",
    },
    {
      line: "sei run BUNDLE --input /dev/video0 --connect server=10.0.0.2:7000 --keys KEYS --json",
      does: "a camera; answers as JSON lines",
    },
    {
      line: "sei run BUNDLE --input PHOTOS --connect server=http://127.0.0.1:8000/v2/models/tail --insecure",
      does: "with a server of KServe or Triton in place of `sei serve`",
    },
    {
      line: "sei run BUNDLE --input STUDY.yaml --insecure --fallback local --out answers.jsonl",
      does: "the study's test data; without a server the rest runs here",
    },
    {
      line: "sei run --policy POLICY.json --input /dev/video0 --connect server=10.0.0.2:7000 --keys KEYS --json",
      does: "another design when the link is another; `sei serve --policy` there",
    },
  ],
  async run({ args, json, print, printJsonLine, progress, every, warn, onReload, signal }) {
    const from = folderOrPolicy(args.bundle, args.policy);
    const followed = "policy" in from ? await readPolicyBundles(from.policy) : undefined;
    const folder = "bundle" in from ? from.bundle : followed!.bundles[0]!.folder;
    let deployment = followed?.bundles[0]!.deployment ?? (await readDeployment(folder));
    const { host } = deployment.frames;
    const role = roleOf(deployment, host);
    if (args.fallback !== undefined && args.fallback !== "local")
      throw new InputError("ERR_USAGE", `--fallback: expected local, got "${args.fallback}"`);
    const rate = args.rate === undefined ? deployment.frames.rate : parseFrameRate(args.rate);
    if (typeof rate === "string") throw new InputError("ERR_USAGE", `--rate: ${rate}`);
    const count = args.count === undefined ? undefined : wholeNumber("count", args.count);
    const source = await openSource(args.input, deployment, { rate, count, data: args.data, model: args.model, warn });
    const { addresses, models } = placesOf(deployment.hosts, "connect", every("connect"));
    if (followed && Object.keys(models).length > 0)
      throw new InputError(
        "ERR_USAGE",
        "--connect: expected NAME=ADDRESS:PORT, since no model stands for every design of a policy",
      );
    const plans = followed && plansOf(followed, addresses);
    for (const peer of role.dials) addresses[peer] ??= { host: "127.0.0.1", port: 7000 };
    // A design of one host talks to nobody.
    const talks = followed !== undefined || role.dials.length > 0;
    const trust = await trustOf(talks ? args : { insecure: true }, host);
    let words = wordingOf(deployment);
    const { task } = words.answers;
    const tally = new RunTally();
    const quality = new RunQuality(task);
    /** The last ones, for the line that tells how it goes. */
    const lately: FrameRecord[] = [];
    const shown = new Map<number, SourceFrame>();
    if (args.out !== undefined) await checkInputsKept([args.input], [args.out]);
    await using sinks = await openSinks(args, warn);
    const seen = metricsOf(host, deployment);
    await using tracing = openTracing(host, warn);
    const say = tellingSeldom((event) => warn(eventText(event)));
    let problem: InputError | undefined;
    const told = (record: FrameRecord, plan?: string): void => {
      const source = shown.get(record.frame);
      shown.delete(record.frame);
      const judgement = source?.known && judge(task, record.answer?.says, source.known);
      if (judgement) quality.add(judgement);
      tally.add(record);
      lately.push(record);
      if (lately.length > 200) lately.shift();
      seen.record(record, plan);
      tracing?.record(record, running);
      const line = frameLine(record, words, source?.of, judgement, plan);
      if (tracing) line.traceparent = tracing.traceparent(record.frame);
      if (json) printJsonLine(line);
      sinks.write(line);
    };
    const options: HostOptions = {
      ...(await hostParts({ ...args, bundle: folder }, deployment)),
      host,
      trust,
      addresses,
      models,
      anywhere: args.anywhere,
      fallback: args.fallback,
      traceSeed: tracing?.seed,
      inFlight: wholeNumber("in-flight", args["in-flight"]),
      onEvent(event) {
        seen.event(event);
        const found = hopeless(event);
        problem ??= found;
        // Without a fallback it ends the run before the first frame, and is said then.
        const ends = found && args.fallback === undefined && tally.frames === 0;
        if (!ends && (event.event === "disconnected" || event.event === "unreachable")) warn(eventText(event));
      },
      onUnreadable: (frame, error) => say(unreadableEvent(frame, error)),
    };
    const design = (place: number): string => plans![place]!.deployment.id;
    const goesOn = (place: number): void => seen.swapped({ design: design(place), deadlineNs: deployment.deadlineNs });
    await using following =
      followed &&
      (await FollowingHost.open({
        ...options,
        policy: followed.policy,
        plans: plans!,
        onRecord: (record, place) => told(record, design(place)),
        onMeasured: (condition) => seen.measured(condition),
        onChanged(place, { rate, rtt, loss }) {
          goesOn(place);
          const link = `${formatRate(rate)}, round trip ${formatDuration(rtt)}, loss ${formatPercent(loss)}`;
          warn(`goes on with ${design(place)} (link: ${link})`);
        },
        onStayed: (place, { message }) => warn(`${design(place)}: ${message}; all goes on as it was`),
      }));
    if (following) goesOn(following.plan);
    await using alone = following
      ? undefined
      : await RunningHost.open({ ...options, onRecord: (record) => told(record) });
    const running = following ?? alone!;
    const swap =
      alone &&
      swapper({
        folder,
        host: alone,
        warn,
        onSwapped(next) {
          deployment = next;
          words = wordingOf(next);
          seen.swapped({ design: next.id, deadlineNs: next.deadlineNs });
          warn(`goes on with ${next.id}`);
        },
      });
    onReload(() => {
      if (swap) void swap();
      else warn("the bundles of a policy cannot change while it is followed; start this host anew");
    });
    await using metrics = args.metrics === undefined ? undefined : await openMetrics(args.metrics, running, seen);
    if (metrics) print(`metrics: ${metrics.url}`);
    if (args.fallback === undefined) {
      const places = following ? plans![following.plan]!.addresses : addresses;
      const where = (peer: string): string => models[peer]?.href ?? `${places[peer]!.host}:${places[peer]!.port}`;
      const hosts = running.role.dials.map((peer) => `${peer} at ${where(peer)}`);
      await untilReady({ ready: () => running.ready, hopeless: () => problem, hosts, progress, signal });
    }
    /** What came of the frames is told first. */
    const problems: InputError[] = [];
    const afterwards = (error: unknown): void => {
      if (!(error instanceof InputError)) throw error;
      problems.push(error);
    };
    const captured = progress.task(`${followed ? args.policy : deployment.id}: ${source.name}`, async (update) => {
      const tell = (): void => update(statusText(tally, lately, words));
      const timer = setInterval(tell, 1000);
      try {
        await captureAll(source, running, signal, (frame, from) => shown.set(frame, from));
      } finally {
        await Promise.race([running.drained(), ...(signal.aborted ? [sleep(500)] : [])]);
        clearInterval(timer);
        tell();
      }
    });
    await captured.catch(afterwards);
    if (!json) print(summaryText(tally.summary(quality), deployment.deadlineNs / 1e9));
    await sinks.end().catch(afterwards);
    const [first] = problems;
    if (first) throw new InputError(first.code, problems.map(({ message }) => message).join("\n"));
  },
});

function statusText({ frames }: RunTally, lately: readonly FrameRecord[], words: Wording): string {
  const last = summarise(lately);
  const median = last.latency ? `median ${formatDuration(last.latency.median.value)}` : "no answers";
  const answer = lately.findLast((one) => one.answer)?.answer;
  const said = answer && answerText(answer, words);
  return `${frames} frames, ${median} lately${said === undefined ? "" : `; the last answer: ${said}`}`;
}

function summaryText(summary: RunSummary, deadline: number): string {
  const {
    frames,
    answered,
    fallbacks,
    exits = 0,
    exitFallbacks = 0,
    missed,
    without,
    latency,
    bytes,
    parts,
    quality = {},
  } = summary;
  const plain = (count: number): string => `${count} (${formatPercent(count / Math.max(1, frames))})`;
  const sure = (count: number, of: number): string => {
    const { value, lo, hi } = wilson(count, of);
    return `${count} of ${of} (${formatPercent(value)}, 95 % interval ${formatPercent(lo)} to ${formatPercent(hi)})`;
  };
  const lines = [
    `${frames} frames: ${plain(answered)} answered`,
    ...(frames > 0 ? [`not within ${formatDuration(deadline)}: ${sure(missed, frames)}`] : []),
  ];
  if (exits > 0) lines.push(`of the answers ${plain(exits)} of the early exit, which was sure`);
  if (exitFallbacks > 0)
    lines.push(`of the answers ${plain(exitFallbacks)} of the early exit, since no other came in time`);
  if (fallbacks > 0) lines.push(`of the answers ${plain(fallbacks)} of the rest of the model run here`);
  for (const [why, count] of Object.entries(without)) lines.push(`without an answer: ${count} ${why}`);
  if (latency) {
    // Of few frames there is no bound.
    const bound = (seconds: number): string => (Number.isFinite(seconds) ? formatDuration(seconds) : "unknown");
    const quantile = ([name, { value, lo, hi }]: [string, Estimate]): string =>
      `${name} ${formatDuration(value)} (${bound(lo)} to ${bound(hi)})`;
    lines.push(`latency, with 95 % intervals: ${Object.entries(latency).map(quantile).join(", ")}`);
  }
  const means = Object.entries(parts).map(([name, seconds]) => `${name} ${formatDuration(seconds)}`);
  if (means.length > 0) lines.push(`in the mean: ${means.join(", ")}`);
  for (const [name, { value, lo, hi, n }] of Object.entries(quality)) {
    const plainly = metricRule(name).format;
    lines.push(`${name}: ${plainly(value)} (95 % interval ${plainly(lo)} to ${plainly(hi)}) of ${n} samples`);
  }
  lines.push(`${formatBytes(bytes)} sent a frame`);
  return lines.join("\n");
}
