/** @file One contract for all kinds of emulated links; kinds that this machine cannot have are skipped with the reason. */
import { InputError } from "@split-et-impera/core/errors";
import { describe, expect, test, type TestContext } from "vitest";
import { linkKinds, type EmulatedLink, type EmulationOptions } from "./link.ts";
import { detectLinks, openEmulatedLink } from "./open.ts";
import { streamed, through } from "./testing/through.ts";

const signal = new AbortController().signal;

async function opened(context: TestContext, options: EmulationOptions): Promise<EmulatedLink> {
  try {
    return await openEmulatedLink(options, signal);
  } catch (error) {
    if (!(error instanceof InputError && error.code === "ERR_EMULATION")) throw error;
    return context.skip(error.message);
  }
}

describe.each(linkKinds)("%s", (kind) => {
  test("datagrams take their time at the rate, and each is accounted for", async (context) => {
    await using link = await opened(context, { kind, link: { rate: 5e6, loss: { rate: 0.2 } }, seed: 3 });
    const count = 200;
    const arrived = await through(link, { count, bytes: 1000, gap: 1 });
    const { sent, lossesByLink, queueDrops, dropsInBuffers } = await link.counters();
    expect([sent, queueDrops, dropsInBuffers]).toEqual([count, 0, 0]);
    expect(arrived.length).toBe(count - lossesByLink);
    // 0.2 of 200 with five standard deviations on either side.
    expect(lossesByLink).toBeGreaterThan(12);
    expect(lossesByLink).toBeLessThan(68);
    // 1042 bytes each at 5 Mbit/s; the kernel's bucket lets one go at once, and its losses have taken their time.
    const span = arrived.at(-1)!.at - arrived[0]!.at;
    expect(span).toBeGreaterThan((arrived.length - 3) * 1042 * 1.6e-6);
    expect(span).toBeLessThan(count * 1042 * 1.6e-6 + 0.3);
  });

  test("a stream arrives whole", async (context) => {
    await using link = await opened(context, { kind, link: { rate: 5e7, queue: { packets: 100 } } });
    expect(await streamed(link, 300_000)).toBe(300_000);
    const { sent } = await link.counters();
    expect(sent).toBeGreaterThan(200);
  });
});

test("without a kind the best is taken that can do what the link asks, and says what it does otherwise", async () => {
  const found = await detectLinks(signal);
  expect(found.map(({ kind }) => kind)).toEqual(linkKinds);
  for (const { possible, why } of found) expect(why === undefined).toBe(possible);
  const best = found.find(({ kind, possible }) => possible && kind !== "kernel")!.kind;
  await using link = await openEmulatedLink({ link: { rate: 1e7, delay: 1e6 } }, signal);
  expect(link.kind).toBe(best);
  if (link.kind === "proxy") expect(link.differs.join()).toContain("cannot be made here");
  // netem knows no jitter as the simulator has it.
  await using other = await openEmulatedLink({ link: { rate: 1e7, jitter: { range: 1e6 } } }, signal);
  expect(["tun", "proxy"]).toContain(other.kind);
});

test("the kernel's parts are not asked for what they cannot do", async () => {
  const asked = openEmulatedLink({ kind: "kernel", link: { rate: 1e7, delay: 5e6 } }, signal);
  await expect(asked).rejects.toMatchObject({
    code: "ERR_EMULATION",
    message: expect.stringContaining("a delay") as string,
  });
});
