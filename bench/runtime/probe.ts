/**
 * @file What `sei probe` finds of emulated links, beside what they are.
 *
 *     npm run bench:probe [SECONDS [BYTES]]
 *
 * The two ends are two processes of `sei`, each in its own network, called as a user would, and ahead of what else runs on this
 * machine where that is allowed (`nice -n -20`): a camera and a server have their processors to themselves.
 */
import type { LinkParameters } from "@split-et-impera/core/network";
import { openEmulatedLink, type EmulatedLink } from "@split-et-impera/runtime/emulation";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

interface Interval {
  value: number;
  lo: number;
  hi: number | null;
}
interface Direction {
  rate: Interval;
  loss: Interval;
  burst?: Interval;
}
interface Found {
  delay: Interval;
  there: Direction;
  back: Direction;
  seconds: number;
  bytes: number;
  dropped: number;
}
type Cell = LinkParameters & { rate: number; delay: number; loss?: { rate: number; burst?: number } };

const [seconds = "10", bytes = "20MB"] = process.argv.slice(2);
const sei = fileURLToPath(new URL("../../packages/sei/bin/sei.js", import.meta.url));
const ahead = spawnSync("nice", ["-n", "-20", "true"]).stderr.length === 0;
const signal = new AbortController().signal;

function start(link: EmulatedLink, host: 0 | 1, ...words: string[]): ChildProcess {
  const line = [process.execPath, sei, "probe", ...words, "--insecure", "--anywhere", "--json"];
  const [program, ...rest] = ahead ? ["nice", "-n", "-20", ...line] : line;
  const { command, args } = link.hosts[host].exec(program!, rest);
  return spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
}

async function probe(link: readonly [Cell, Cell], seed: number): Promise<Found> {
  await using emulated = await openEmulatedLink({ kind: "tun", link, seed }, signal);
  const { host, port } = await emulated.reach(1, 7100, "tcp");
  const listening = start(emulated, 1, "--listen", `${host}:${port}`, "--seconds", seconds, "--bytes", bytes);
  await once(listening.stdout!, "data");
  const asking = start(emulated, 0, `${host}:${port}`, "--seconds", seconds, "--bytes", bytes);
  const [printed, said] = await Promise.all([text(asking.stdout!), text(asking.stderr!)]);
  listening.kill();
  await once(listening, "exit");
  if (printed === "") throw new Error(said);
  return JSON.parse(printed) as Found;
}

const cell = (rate: number, delay: number, loss = 0, burst?: number): Cell => ({
  rate,
  delay: delay * 1e6,
  queue: { packets: 1000 },
  ...(loss > 0 && { loss: { rate: loss, ...(burst !== undefined && { burst }) } }),
});
const both = (one: Cell): [Cell, Cell] => [one, one];

const cells: [Cell, Cell][] = [
  both(cell(250e3, 2, 0.005)),
  both(cell(250e3, 50)),
  both(cell(1e6, 20, 0.02)),
  both(cell(2e6, 5, 0.05, 3)),
  [cell(5e6, 15, 0.01), cell(20e6, 15)],
  both(cell(10e6, 5)),
  both(cell(10e6, 20, 0.05, 3)),
  both(cell(50e6, 5, 0.01)),
  both(cell(100e6, 1)),
  both(cell(100e6, 5, 0.02)),
  both({ ...cell(10e6, 5), duplex: "half" }),
  both({ ...cell(20e6, 10), queue: { packets: 20 } }),
];

const off = (found: number, truth: number): string => {
  const share = 100 * (found / truth - 1);
  return `${share >= 0 ? "+" : ""}${share.toFixed(1)} %`;
};
const rateText = ({ rate }: Direction, truth: number): string =>
  `${off(rate.value, truth)} ${rate.hi === null ? "(at least)" : `[${off(rate.lo, truth)}, ${off(rate.hi, truth)}]`}`;
const inside = ({ lo, hi }: Interval, truth: number): string =>
  truth >= lo && truth <= (hi ?? Infinity) ? "" : " outside";
const lossText = ({ loss, burst }: Direction, truth: Cell["loss"]): string => {
  const share = (one: number): string => (100 * one).toFixed(2);
  const rate = `${share(loss.value)} [${share(loss.lo)}, ${share(loss.hi!)}]${inside(loss, truth?.rate ?? 0)}`;
  return burst
    ? `${rate} x ${burst.value.toFixed(1)} [${burst.lo.toFixed(1)}, ${(burst.hi ?? Infinity).toFixed(1)}]`
    : rate;
};

console.log(
  "| link | rate there | rate back | delay | lost there, % | lost back, % | took |\n|---|---|---|---|---|---|---|",
);
for (const [i, [there, back]] of cells.entries()) {
  const found = await probe([there, back], i + 1);
  const rates = there.rate === back.rate ? `${there.rate / 1e6}` : `${there.rate / 1e6} and ${back.rate / 1e6}`;
  const loss = there.loss ? `, ${100 * there.loss.rate} % lost${there.loss.burst ? ` x ${there.loss.burst}` : ""}` : "";
  const other = `${there.duplex === "half" ? ", half duplex" : ""}${there.queue?.packets === 1000 ? "" : ", queue of 20"}`;
  const delayMs = 1e3 * found.delay.value;
  console.log(
    `| ${[
      `${rates} Mbit/s, ${there.delay / 1e6} ms${loss}${other}`,
      rateText(found.there, there.rate),
      rateText(found.back, back.rate),
      `${delayMs.toFixed(2)} ms`,
      lossText(found.there, there.loss),
      lossText(found.back, back.loss),
      `${found.seconds.toFixed(1)} s, ${(found.bytes / 1e6).toFixed(1)} MB${found.dropped > 0 ? `, ${found.dropped} dropped here` : ""}`,
    ].join(" | ")} |`,
  );
}
