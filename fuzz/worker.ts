/** @file A process that reads inputs as it is told, and says of each what became of it. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { randomStream } from "../packages/core/random/index.ts";
import { targets } from "./targets/index.ts";
import { patience, type Fault, type Order, type Report } from "./protocol.ts";

const scratch = process.argv[2]!;
/** An input that computes longer, thrice, or takes `patience` times that by the clock, is a fault. */
const mostSeconds = 5;
const seeds = new Map<string, readonly unknown[]>();

const say = (report: Report): void => void process.send!(report);

process.on("message", (order: Order) => {
  void work(order).then((report) => say(report));
});
// A promise that nobody waited for is a fault of the input under way.
let stray: unknown;
process.on("unhandledRejection", (error) => (stray = error));
process.on("uncaughtException", (error) => (stray = error));

async function work({ target: name, seed, from, to, each }: Order): Promise<Report> {
  const target = targets.find((one) => one.name === name)!;
  if (!seeds.has(name)) seeds.set(name, await target.seeds());
  const sound = seeds.get(name)!;
  const faults: Fault[] = [];
  let accepted = 0;
  for (let index = from; index < to; index++) {
    if (each) say({ kind: "begins", index });
    const attempt = async (): Promise<{ error: unknown; seconds: number }> => {
      const random = randomStream(seed, `${name}/${index}`);
      const input = target.mutate(sound[random.integer(sound.length)], random);
      const folder = join(scratch, "input");
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      const [started, computed] = [performance.now(), process.cpuUsage()];
      let error: unknown;
      stray = undefined;
      try {
        await target.read(input, folder);
      } catch (thrown) {
        error = thrown;
      }
      error ??= stray;
      const { user, system } = process.cpuUsage(computed);
      const waited = (performance.now() - started) / 1000;
      // Several threads compute more than the clock's seconds.
      return { error, seconds: Math.max(Math.min(waited, (user + system) / 1e6), waited / patience) };
    };
    let { error, seconds } = await attempt();
    // It may be that the machine was busy just then: what is slow is slow each time.
    for (let more = 2; more > 0 && seconds > mostSeconds; more--) ({ error, seconds } = await attempt());
    if (error === undefined) accepted++;
    if (error !== undefined && !(error instanceof Error && error.name === "InputError")) {
      faults.push({ index, what: "uncaught", told: told(error) });
    } else if (seconds > mostSeconds) faults.push({ index, what: "slow", told: `${seconds.toFixed(1)} s` });
  }
  return { kind: "done", faults, accepted };
}

function told(error: unknown): string {
  return error instanceof Error
    ? `${error.message}\n${error.stack ?? ""}`.slice(0, 3000)
    : String(error).slice(0, 3000);
}
