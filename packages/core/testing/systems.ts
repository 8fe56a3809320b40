/** @file Small systems from a seed: two or three flows, cameras on a switch, a shared link and a server. */
import type { DesignMetrics } from "../design/index.ts";
import { framesOfLatencies, quickestLatencies, summariseFrames } from "../design/index.ts";
import type { ComputeStep, Step, TransferStep } from "../frames/index.ts";
import { randomStream, type Random } from "../random/index.ts";
import { parseRequirement, type Study, type LinkOptions, type StudyFlow } from "../study/index.ts";
import { expand, framesOf, type Choice, type System, type SystemFlow } from "../system/index.ts";

const link = (between: [string, string], rate: number, loss = 0): LinkOptions => ({
  between,
  rate,
  delay: 1e-3,
  loss: { rate: loss, burst: 1 },
  queue: 200,
  duplex: "full",
  header: 38,
});

/** A camera of its own kind for each flow, all on one switch before a server. */
export function smallStudy(cameras: readonly number[], rates: readonly number[], shared: number, seed: number): Study {
  const names = cameras.map((_, i) => `camera${i}`);
  const links = [...names.map((name) => link([name, "switch"], 100e6)), link(["switch", "server"], shared, 0.002)];
  const hosts = Object.fromEntries([...names, "switch", "server"].map((name) => [name, { speed: 1 }]));
  const base = { hosts, links, seed, frames: framesAt(names[0]!, 20) } as unknown as Study;
  const flows = names.map((name, i): StudyFlow => {
    const own = { [name]: hosts[name]!, switch: hosts["switch"]!, server: hosts["server"]! };
    const study = { ...base, hosts: own, links: [links[i]!, links.at(-1)!], frames: framesAt(name, rates[i]!) };
    return { name: `flow${i}`, study, phase: i % 2 === 0 ? "spread" : "random" };
  });
  const copies = Object.fromEntries(names.flatMap((name, i) => (cameras[i]! > 1 ? [[name, cameras[i]!]] : [])));
  return { ...base, system: { flows, copies, requirements: [], seconds: 10 } };
}

const framesAt = (host: string, rate: number): Study["frames"] => ({
  host,
  rate,
  count: 1,
  answer: { host, bytes: 16 },
});

const times = (random: Random, count: number, mean: number): Float64Array =>
  Float64Array.from({ length: count }, () => Math.round(mean * (0.9 + 0.2 * random.uniform())));

/** A design that computes on the camera, sends, and computes on the server. */
export function choiceOf(
  { study }: StudyFlow,
  count: number,
  { id, head, tail, bytes, worse }: { id: string; head: number; tail: number; bytes: number; worse: number },
  random: Random,
): Choice {
  const { host, answer } = study.frames;
  const compute = (at: string, part: string, ns: number): ComputeStep[] =>
    ns > 0 ? [{ kind: "compute", host: at, work: `${id} ${part}`, part, ns: times(random, count, ns) }] : [];
  const names = [`${host}-switch`, "switch-server"];
  const send = (from: string, to: string, link: string[], part: string, size: number): TransferStep => ({
    kind: "transfer",
    link,
    from,
    to,
    part,
    bytes: size,
    transport: { kind: "tcp", header: 16 },
  });
  const steps: Step[] = [
    ...compute(host, "head", head),
    ...(bytes > 0 ? [send(host, "server", names, "wire", bytes)] : []),
    ...compute("server", "tail", tail),
    ...(bytes > 0 ? [send("server", host, names.toReversed(), "answer", answer.bytes)] : []),
  ];
  const quickest = quickestLatencies(
    { hosts: study.hosts, links: study.links, frames: { ...study.frames, count } },
    steps,
  );
  const alone = summariseFrames(framesOfLatencies(quickest), 1);
  const point = (value: number) => ({ value, lo: value, hi: value, n: 100 });
  const metrics = { accuracy: point(0.9 - worse) };
  return {
    id,
    worse,
    steps,
    crossings: [],
    alone: {
      ...alone,
      quality: metrics,
      drop: { accuracy: point(worse) },
      bytes,
      memory: { [host]: head / 10, server: tail / 10 },
      throughput: 1,
    } satisfies DesignMetrics,
  };
}

/**
 * A system of two or three flows with some designs each, of which some overload the server or the shared link, some are
 * late, and some are worse than others.
 */
export function smallSystem(seed: number, seconds = 10): System {
  const random = randomStream(seed, "small system");
  const kinds = 2 + random.integer(2);
  const cameras = Array.from({ length: kinds }, () => 1 + random.integer(4));
  const rates = Array.from({ length: kinds }, () => [10, 20, 40][random.integer(3)]!);
  const study = smallStudy(cameras, rates, [8e6, 20e6, 100e6][random.integer(3)]!, seed);
  const flows = study.system!.flows.map((flow, i): SystemFlow => {
    const count = framesOf({ rate: rates[i]! }, seconds);
    const work = 1e6 * (2 + 14 * random.uniform());
    const designs = Array.from({ length: (kinds === 2 ? 6 : 4) + random.integer(3) }, (_, k) => {
      const share = k === 0 ? 1 : random.uniform();
      return {
        id: `design ${k}`,
        head: k === 1 ? 0 : Math.round(4 * work * share),
        tail: k === 0 ? 0 : Math.round(0.5 * work * (k === 1 ? 1 : 1 - share)),
        bytes: k === 0 ? 0 : Math.round(200 + 30_000 * (1 - share) * random.uniform()),
        worse: k < 2 ? 0 : [0, 0.005, 0.01, 0.03][random.integer(4)]!,
      };
    });
    const deadline = [0.05, 0.1, 0.2][random.integer(3)]!;
    const bounds = [`latency p95 <= ${1000 * deadline} ms`, "accuracy-drop <= 2 %"];
    return {
      name: flow.name,
      rate: rates[i]!,
      deadline,
      requirements: bounds.map((text) => parseRequirement(text)).filter((one) => typeof one !== "string"),
      choices: designs.map((one) => choiceOf(flow, count, one, random)),
      // Accuracies closer than a point are the same to so few samples.
      paired: (a, b) => ({ value: b.worse - a.worse, lo: b.worse - a.worse - 0.007, hi: b.worse - a.worse + 0.007 }),
    };
  });
  const objective = [["quality", "latency"], ["latency"], ["bytes", "latency"], ["quality"]][random.integer(4)]!;
  return { place: expand(study), flows, requirements: [], objective, seconds };
}
