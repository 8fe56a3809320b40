/** @file A link between two networks of this machine; where the system allows none, the reason is told. */
import { InputError } from "@split-et-impera/core/errors";
import { createLink, FLOW, PacketPool, SIZE, VirtualClock, type LinkParameters } from "@split-et-impera/core/network";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test, type TestContext } from "vitest";
import type { EmulatedLink, EmulationOptions } from "./link.ts";
import { streamed, through } from "./testing/through.ts";
import { openTunLink } from "./tun.ts";
import { runProgram } from "./worker.ts";

const signal = new AbortController().signal;

async function opened(context: TestContext, options: EmulationOptions): Promise<EmulatedLink> {
  try {
    return await openTunLink(options, signal);
  } catch (error) {
    if (!(error instanceof InputError && error.code === "ERR_EMULATION")) throw error;
    return context.skip(error.message);
  }
}

/** Which of `count` packets the simulator loses on the way there. */
function lostInSimulator(parameters: LinkParameters, count: number, seed: number): Set<number> {
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const { forward } = createLink(clock, pool, { name: "link", a: "a", b: "b", options: parameters }, seed);
  forward.targets[0] = { receive: (packet) => pool.release(packet) };
  const lost = new Set<number>();
  let index = 0;
  forward.tap = (_, fate) => void (fate === "lost" && lost.add(index));
  for (; index < count; index++) {
    const packet = pool.take();
    pool.rows[packet + SIZE] = 1000;
    pool.rows[packet + FLOW] = 0;
    forward.send(packet);
  }
  return lost;
}

test("datagrams take the link's time, and exactly those are lost that the simulator loses", async (context) => {
  const parameters: LinkParameters = { rate: 1e7, delay: 20e6, loss: { rate: 0.1, burst: 3 } };
  await using link = await opened(context, { link: parameters, seed: 7 });
  const count = 200;
  const arrived = await through(link, { count, bytes: 1000, gap: 2 });
  const lost = lostInSimulator(parameters, count, 7);
  expect(lost.size).toBeGreaterThan(5);
  expect(arrived.map(({ index }) => index)).toEqual(
    Array.from({ length: count }, (_, i) => i).filter((i) => !lost.has(i)),
  );
  // 1042 bytes at 10 Mbit/s and 20 ms; the bound above is for machines that do other things too.
  const seconds = arrived.map((one) => one.seconds).sort((a, b) => a - b);
  expect(seconds[0]).toBeGreaterThanOrEqual(0.020_833);
  expect(seconds[seconds.length >> 1]).toBeLessThan(0.023);
  const counters = await link.counters();
  expect(counters).toMatchObject({ sent: count, lossesByLink: lost.size, queueDrops: 0, dropsInBuffers: 0 });
});

test("a full queue drops, and a receiver that does not read is another matter", async (context) => {
  await using link = await opened(context, { link: { rate: 1e6, queue: { packets: 10 } } });
  const arrived = await through(link, { count: 100, bytes: 1000, gap: 0 });
  const { sent, queueDrops, lossesByLink, dropsInBuffers } = await link.counters();
  expect(sent).toBe(100);
  expect(queueDrops).toBe(100 - arrived.length);
  expect(queueDrops).toBeGreaterThan(50);
  expect(lossesByLink).toBe(0);
  expect(dropsInBuffers).toBe(0);
});

test.for(["reno", "cubic"])(
  "the hosts' TCP uses %s where it was asked for and the kernel has it",
  async (name, context) => {
    await using link = await opened(context, { link: { rate: 1e8 }, congestionControl: name });
    const { set, available, why } = link.congestionControl;
    if (!available.includes(name)) {
      expect(why).toContain(name);
      return;
    }
    expect(set).toBe(name);
    const sending = streamed(link, 2_000_000);
    // `ss` names the congestion control of each connection that is open.
    let seen = "";
    while (!/ bytes_sent:/.test(seen)) seen = await runProgram(link.hosts[0].exec("ss", ["-tin"]));
    expect(seen).toMatch(new RegExp(`\\s${name} .*bytes_sent:`));
    expect(await sending).toBe(2_000_000);
  },
);

test("a congestion control that there is not is told", async (context) => {
  await using link = await opened(context, { link: { rate: 1e8 }, congestionControl: "carrier-pigeon" });
  expect(link.congestionControl.why).toContain("carrier-pigeon");
  expect(link.congestionControl.available).toContain(link.congestionControl.set);
});

test("a link that cannot be is refused as the simulator refuses it", async (context) => {
  await opened(context, { link: { rate: 1e8 } }).then((link) => link.close());
  const none = openTunLink({ link: { rate: 0 } }, signal);
  await expect(none).rejects.toMatchObject({ code: "ERR_LINK" });
});

test("a link whose process dies says so", async (context) => {
  const stop = new AbortController();
  await opened(context, { link: { rate: 1e8 } }).then((link) => link.close());
  await using link = await openTunLink({ link: { rate: 1e8 } }, stop.signal);
  stop.abort();
  await expect(link.counters()).rejects.toMatchObject({ code: "ERR_EMULATION" });
});

test("nothing is left when the program that opened the link is killed", async (context) => {
  await opened(context, { link: { rate: 1e8 } }).then((link) => link.close());
  const holder = spawn(process.execPath, [fileURLToPath(new URL("./testing/hold.ts", import.meta.url))], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: holder.stdout }), "line")) as [string];
  const worker = Number(/\/proc\/(\d+)\/fd/.exec(line)![1]);
  // The networks have no names: they last as long as this process and those inside.
  expect(existsSync(`/proc/${worker}`)).toBe(true);
  holder.kill("SIGKILL");
  while (existsSync(`/proc/${worker}`)) await sleep(10);
});
