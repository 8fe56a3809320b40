/**
 * @file How exact emulated links are: rate, one-way delay and loss measured with datagrams, and a megabyte over TCP beside
 * the simulator's.
 *
 *     npm run bench:link [tun kernel ...]
 *
 * One machine has one clock: a datagram carries the instant at which it was sent. Sender and receiver wait in the
 * system's calls, in real time where allowed. The delay's error is what was measured less size / rate and the delay asked for, over
 * packets sent at half the rate, so that none waits for another; it contains the sender's and the receiver's own system
 * calls. The rate is measured on a train sent at 1.25 times the rate.
 */
import { ETHERNET_HEADER, simulateMessages, UDP_HEADERS, type LinkParameters } from "@split-et-impera/core/network";
import { openEmulatedLink, type EmulatedLink, type LinkKind } from "@split-et-impera/runtime/emulation";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const BYTES = 1448;
const PORT = 5300;
const signal = new AbortController().signal;
const kinds = process.argv.length > 2 ? (process.argv.slice(2) as LinkKind[]) : (["tun", "kernel"] as const);

interface Train {
  indices: number[];
  at: number[];
  took: number[];
}

function start(
  link: EmulatedLink,
  host: 0 | 1,
  program: string,
  ...args: (string | number)[]
): ReturnType<typeof spawn> {
  const script = fileURLToPath(new URL(program, import.meta.url));
  const made = link.hosts[host].exec(process.execPath, ["--single-threaded-gc", script, ...args.map(String)]);
  return spawn(made.command, made.args, { stdio: ["ignore", "pipe", "pipe"] });
}

async function train(link: EmulatedLink, count: number, nsBetween: number): Promise<Train> {
  const to = await link.reach(1, PORT, "udp");
  const receiver = start(link, 1, "packets.ts", "receive", PORT, 500);
  const printed = text(receiver.stdout!);
  await once(receiver.stderr!, "data");
  await once(start(link, 0, "packets.ts", "send", to.host, to.port, count, BYTES, nsBetween), "exit");
  return JSON.parse(await printed) as Train;
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;

/** Mean length of runs of missing packets. */
function meanBurst(indices: readonly number[], count: number): number {
  const arrived = new Set(indices);
  let runs = 0;
  for (let i = 1; i < count; i++) if (!arrived.has(i) && arrived.has(i - 1)) runs++;
  return (count - arrived.size) / Math.max(1, runs);
}

const milli = (ns: number): string => (ns / 1e6).toFixed(3);
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

const SECONDS = 2;
async function measure(kind: LinkKind, parameters: LinkParameters): Promise<void> {
  const {
    rate,
    delay = 0,
    loss,
  } = parameters as { rate: number; delay?: number; loss?: { rate: number; burst?: number } };
  const serial = ((BYTES + UDP_HEADERS + ETHERNET_HEADER) * 8e9) / rate;
  const options = { kind, link: parameters, seed: 1 };
  await using link = await openEmulatedLink(options, signal);
  const spaced = Math.min(4000, Math.floor((SECONDS * 1e9) / (2 * serial)));
  const alone = await train(link, spaced, 2 * serial);
  // tbf's bucket lets a packet that comes after a pause go at once.
  const least = delay + (kind === "kernel" ? 0 : serial);
  const errors = alone.took.map((ns) => ns - least).sort((a, b) => a - b);
  const steady = await link.counters();
  await using second = await openEmulatedLink(options, signal);
  const packed = await train(second, Math.floor((SECONDS * 1e9) / serial), serial / 1.25);
  const after = await second.counters();
  const span = packed.at.at(-1)! - packed.at[0]!;
  // Lost packets take their time where the loss comes after the rate.
  const passed = kind === "kernel" ? packed.indices.at(-1)! - packed.indices[0]! : packed.at.length - 1;
  const measured = (passed * serial * rate) / span;
  const sent = steady.sent + after.sent;
  const lost = sent - alone.at.length - packed.at.length;
  const lossSaid = loss === undefined ? "0" : `${percent(loss.rate)}${loss.burst ? ` x ${loss.burst}` : ""}`;
  console.log(
    [
      kind.padEnd(6),
      `${rate / 1e6} Mbit/s`.padEnd(11),
      `${delay / 1e6} ms`.padEnd(6),
      lossSaid.padEnd(10),
      `rate ${percent(measured / rate - 1).padStart(8)}`,
      `delay error p50 ${milli(quantile(errors, 0.5))} p99 ${milli(quantile(errors, 0.99))} max ${milli(errors.at(-1)!)} ms`,
      `lost ${lost}/${sent} (${percent(lost / sent)}, burst ${meanBurst(packed.indices, after.sent).toFixed(1)})`,
      `link ${steady.lossesByLink + after.lossesByLink} queue ${steady.queueDrops + after.queueDrops} buffers ${steady.dropsInBuffers + after.dropsInBuffers}`,
      after.lateness === undefined
        ? ""
        : `late p99 ${milli(1e9 * Math.max(after.lateness.p99, steady.lateness!.p99))} ms`,
      link.scheduling.scheduling,
    ].join("  "),
  );
}

const MESSAGE = 1_000_000;
async function overTcp(
  kind: LinkKind,
  congestion: "cubic" | "reno" | "bbr",
  parameters: LinkParameters,
  count: number,
): Promise<void> {
  await using link = await openEmulatedLink({ kind, link: parameters, seed: 1, congestionControl: congestion }, signal);
  const to = await link.reach(1, PORT, "tcp");
  const receiver = start(link, 1, "messages.ts", "receive", PORT, MESSAGE);
  const printed = text(receiver.stdout!);
  await once(receiver.stderr!, "data");
  await once(start(link, 0, "messages.ts", "send", to.host, to.port, MESSAGE, count), "exit");
  const measured = (JSON.parse(await printed) as number[]).sort((a, b) => a - b);
  const simulated: number[] = [];
  for (let seed = 1; seed <= 20; seed++) {
    const transport = { kind: "tcp", cc: congestion } as const;
    simulated.push(...simulateMessages({ link: parameters, transport, bytes: MESSAGE, count, seed }).oneWay);
  }
  simulated.sort((a, b) => a - b);
  const beside = (share: number): string => {
    const [real, said] = [quantile(measured, share), quantile(simulated, share)];
    return `${milli(real)} / ${milli(said)} = ${(real / said).toFixed(3)}`;
  };
  const { rate, delay = 0, loss } = parameters as { rate: number; delay?: number; loss?: { rate: number } };
  console.log(
    [
      kind.padEnd(6),
      congestion.padEnd(5),
      `${rate / 1e6} Mbit/s`.padEnd(11),
      `${delay / 1e6} ms`.padEnd(6),
      `loss ${percent(loss?.rate ?? 0)}`,
      `${count} x 1 MB: p50 ${beside(0.5)} ms, p95 ${beside(0.95)} ms`,
    ].join("  "),
  );
}

const cases: LinkParameters[] = [
  { rate: 2e6, delay: 5e6 },
  { rate: 1e7, delay: 0 },
  { rate: 1e7, delay: 20e6, loss: { rate: 0.05, burst: 3 } },
  { rate: 5e7, delay: 5e6, loss: { rate: 0.01 } },
  { rate: 1e8, delay: 0 },
  { rate: 1e8, delay: 5e6 },
  { rate: 1e8, delay: 0, loss: { rate: 0.05 } },
  { rate: 3e8, delay: 1e6 },
];
const streams: [LinkParameters, number][] = [
  [{ rate: 1e7, delay: 5e6, queue: { packets: 1000 } }, 5],
  [{ rate: 1e8, delay: 5e6, queue: { packets: 1000 } }, 30],
  [{ rate: 1e8, delay: 5e6, queue: { packets: 1000 }, loss: { rate: 0.01 } }, 30],
];
for (const kind of kinds) {
  for (const parameters of cases) {
    const cannot = kind === "kernel" && ((parameters.delay ?? 0) !== 0 || JSON.stringify(parameters).includes("burst"));
    if (!cannot) await measure(kind, parameters);
  }
}
for (const [parameters, count] of streams) {
  for (const congestion of ["reno", "cubic", "bbr"] as const) {
    if (kinds.includes("tun")) await overTcp("tun", congestion, parameters, count);
  }
}
