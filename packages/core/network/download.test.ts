import { expect, test } from "vitest";
import {
  createLink,
  PacketPool,
  startDownload,
  VirtualClock,
  type DownloadOptions,
  type LinkParameters,
} from "./index.ts";
import { conservePackets } from "./testing/conservation.ts";

conservePackets();

/** Downloads side by side for some seconds; bytes of each that arrived in the second half. */
function together(options: LinkParameters, downloads: DownloadOptions[], seconds: number): number[] {
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const link = createLink(clock, pool, { name: "l", a: "a", b: "b", options }, 1);
  const active = (): boolean => clock.now < seconds * 1e9;
  const tallies = downloads.map((one, i) =>
    startDownload(one, { clock, pool, link, from: "a", idleNs: () => 2e7, seed: 1, name: `${i}`, active }),
  );
  clock.run((seconds * 1e9) / 2);
  const before = tallies.map(({ delivered }) => delivered);
  clock.run(seconds * 1e9);
  const done = tallies.map(({ delivered }, i) => delivered - before[i]!);
  // It ends when nobody wants it any more.
  clock.run();
  return done;
}

const link: LinkParameters = { rate: 2e7, delay: 1e7, queue: { packets: 100 } };

test.each(["cubic", "reno"] as const)("a %s download alone fills the link", (cc) => {
  const [bytes] = together(link, [{ pattern: "download", cc }], 20);
  // 1448 of 1514 bytes are payload.
  const most = (2e7 / 8) * 10 * (1448 / 1514);
  expect(bytes! / most).toBeGreaterThan(0.97);
  expect(bytes! / most).toBeLessThanOrEqual(1.001);
});

test.each([2, 4])("%i downloads share the link", (count) => {
  const shares = together(
    link,
    Array.from({ length: count }, (): DownloadOptions => ({ pattern: "download" })),
    120,
  );
  const sum = shares.reduce((a, b) => a + b);
  expect(sum / ((2e7 / 8) * 60 * (1448 / 1514))).toBeGreaterThan(0.97);
  for (const share of shares) expect(share / (sum / count)).toBeGreaterThan(0.7);
});

test("transfers with pauses: so many of them as time allows", () => {
  // 250 kB take 0.1 s and a little, then a second's pause: in 30 of 60 s some 27.
  const [bytes] = together(link, [{ pattern: "download", bytes: 250_000, pause: 1e9 }], 60);
  expect(bytes! / 250_000).toBeGreaterThan(25);
  expect(bytes! / 250_000).toBeLessThan(28);
});

test("downloads that cannot be are refused", () => {
  expect(() => together(link, [{ pattern: "download", bytes: 0 }], 1)).toThrow("bytes of a download");
  expect(() => together(link, [{ pattern: "download", pause: -1 }], 1)).toThrow("the pause of a download");
});
