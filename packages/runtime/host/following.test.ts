/** @file Following a policy over a link that changes: no frame is lost by a change of designs. */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import type { CodecParameters } from "@split-et-impera/core/wire";
import type { Policy } from "@split-et-impera/core/policy";
import { afterEach, expect, test } from "vitest";
import type { Address } from "../index.ts";
import { FollowingHost, type FollowingOptions } from "./following.ts";
import type { FrameRecord } from "./record.ts";
import { deploymentOver, engine, frameOf, hear, insecure, loopback, until, values } from "./testing/pair.ts";

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

/** A relay that passes bytes towards `to` at a rate, bit/s, those of all its connections one after the other; back at once. */
class Narrow implements AsyncDisposable {
  rate = Infinity;
  private free = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server;

  constructor(to: () => Address) {
    this.server = createServer((from) => {
      const on = connect(to().port, to().host);
      for (const one of [from, on]) {
        this.sockets.add(one);
        one.on("error", () => undefined).on("close", () => [from, on].forEach((both) => both.destroy()));
      }
      on.pipe(from, { end: false });
      from.on("data", (chunk: Buffer) => {
        const now = performance.now();
        this.free = Math.max(now, this.free) + (8e3 * chunk.length) / this.rate;
        setTimeout(() => on.write(chunk), this.free - now);
      });
    });
  }

  async listen(): Promise<Address> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return { host: "127.0.0.1", port: (this.server.address() as AddressInfo).port };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** The design of the pair with values of one byte, a quarter of the message. */
function small(): ReturnType<typeof deploymentOver> {
  const large = deploymentOver("tcp", 10e9);
  const [crossing] = large.crossings;
  const codec: CodecParameters = { kind: "uint8", scale: [0.1], zero: [100], axis: 1 };
  const carries = [{ ...crossing!.carries[0]!, codec }];
  return { ...large, id: "small", crossings: [{ ...crossing!, carries, mostBytes: values }] };
}

/** All on the camera. */
function alone(): ReturnType<typeof deploymentOver> {
  const { answer: _answer, ...large } = deploymentOver("tcp", 10e9);
  const segments = large.segments.map((segment) => ({ ...segment, host: "camera" }));
  return { ...large, id: "alone", segments, crossings: [] };
}

const large = { ...deploymentOver("tcp", 10e9), id: "large" };

/** Below about 1.2 Mbit/s the other design. */
const policyOf = (ids: [string, string]): Policy => ({
  format: 1,
  study: "pair",
  link: ["camera", "server"],
  frames: { rate: 20, deadline: 10 },
  every: 0.2,
  pause: 0.1,
  axes: { rates: [3e5, 5e6], rtts: [0], losses: [0] },
  designs: ids.map((id) => ({ id, kind: "SC" })),
  cells: [
    [
      [
        { best: 1, fits: true, worth: [0.2, 0.9] },
        { best: 0, fits: true, worth: [1, 0.2] },
      ],
    ],
  ],
});

interface Followed {
  host: FollowingHost;
  narrow: Narrow;
  records: (FrameRecord & { plan: number })[];
  changes: number[];
  stayed: string[];
}

/** @param elsewhere where the other design's server is said to be */
async function follow(
  other: typeof large,
  more: Partial<FollowingOptions> = {},
  elsewhere?: Address,
): Promise<Followed> {
  const addresses: Address[] = [];
  const found: Omit<Followed, "host"> = {
    narrow: new Narrow(() => addresses[0]!),
    records: [],
    changes: [],
    stayed: [],
  };
  const narrow = [found.narrow, new Narrow(() => addresses[1]!)];
  // The link changes for both.
  Object.defineProperty(narrow[1], "rate", { get: () => found.narrow.rate });
  opened.push(...narrow);
  for (const deployment of [large, other]) {
    if (deployment.crossings.length === 0) continue;
    const { host } = await hear({ deployment, host: "server", trust: insecure("server"), listen: loopback });
    opened.push(host);
    addresses.push(host.address!);
  }
  const at = await Promise.all(narrow.map((one) => one.listen()));
  const host = await FollowingHost.open({
    policy: policyOf([large.id, other.id]),
    plans: [large, other].map((deployment, i) => ({
      deployment,
      folder: "",
      addresses: { server: (i === 1 && elsewhere) || at[i]! },
    })),
    host: "camera",
    trust: insecure("camera"),
    engine,
    inFlight: 1000,
    onRecord: (record, plan) => found.records.push({ ...record, plan }),
    onChanged: (plan) => found.changes.push(plan),
    onStayed: (_, { message }) => found.stayed.push(message),
    ...more,
  });
  opened.push(host);
  await until(() => host.ready);
  return { ...found, host };
}

/** Captures until something holds; class 0 and 1 by turns. */
async function captureUntil({ host }: Followed, condition: () => boolean): Promise<void> {
  let last = performance.now();
  for (let i = 0; !condition(); i++) {
    host.capture(frameOf(i % 2 === 0 ? 1 : -3));
    last += 50;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, last - performance.now())));
  }
}

test.each([
  ["one that sends less", small()],
  ["one that sends nothing", alone()],
])(
  "when the link narrows, %s is taken up, and left when it is wide again: every frame has its answer",
  async (_, other) => {
    const followed = await follow(other);
    const { host, narrow, records, changes } = followed;
    narrow.rate = 2e7;
    await captureUntil(followed, () => records.length >= 20);
    expect(changes).toEqual([]);
    narrow.rate = 6e5;
    await captureUntil(followed, () => changes.length === 1);
    await captureUntil(followed, () => records.filter(({ plan }) => plan === 1).length >= 20);
    expect(changes).toEqual([1]);
    narrow.rate = 2e7;
    await captureUntil(followed, () => changes.length === 2);
    await captureUntil(followed, () => records.at(-1)!.plan === 0);
    await host.drained();
    expect(changes).toEqual([1, 0]);
    // Each frame once, by its number, with the right answer; times go on.
    const byNumber = records.toSorted((a, b) => a.frame - b.frame);
    expect(byNumber.map(({ frame }) => frame)).toEqual(byNumber.map((__, i) => i));
    for (const { why, answer } of byNumber) expect([why, answer?.says]).toEqual([undefined, expect.any(Number)]);
    const captured = byNumber.map((record) => record.captured);
    expect(captured).toEqual(captured.toSorted((a, b) => a - b));
    expect(host.counters.frames).toBe(records.length);
  },
  60_000,
);

test("where the other design's host is not there, all goes on as it was, and it is told", async () => {
  const followed = await follow(small(), { patience: 300 }, { host: "127.0.0.1", port: 1 });
  const { host, narrow, records, stayed } = followed;
  narrow.rate = 6e5;
  await captureUntil(followed, () => stayed.length > 0);
  expect(stayed[0]).toBe("server at 127.0.0.1:1 is not there after 0.3 s");
  const { length } = records;
  await captureUntil(followed, () => records.length > length);
  expect(host.plan).toBe(0);
}, 60_000);

test("plans that are others than the policy's, or that nothing is sent by, are refused", async () => {
  const options = { host: "camera", trust: insecure("camera"), engine };
  const plan = (deployment: typeof large) => ({ deployment, folder: "", addresses: { server: loopback } });
  await expect(
    FollowingHost.open({ ...options, policy: policyOf(["large", "small"]), plans: [plan(small()), plan(large)] }),
  ).rejects.toThrow("expected the files of large, got those of small");
  const policy = policyOf(["large", "small"]);
  const plans = [plan(large), plan(small())];
  const late = { ...policy, frames: { ...policy.frames, deadline: 2 * policy.frames.deadline } };
  await expect(FollowingHost.open({ ...options, policy: late, plans })).rejects.toThrow(
    /large: is for a deadline of .* s/,
  );
  const elsewhere: Policy = { ...policy, link: ["camera", "nobody"] };
  await expect(FollowingHost.open({ ...options, policy: elsewhere, plans })).rejects.toThrow("link: expected two of");
  await expect(
    FollowingHost.open({
      ...options,
      policy: { ...policyOf(["alone", "alone"]) },
      plans: [plan(alone()), plan(alone())],
    }),
  ).rejects.toThrow("no design sends anything");
});
