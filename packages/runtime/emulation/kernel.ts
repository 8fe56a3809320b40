/** @file Links made of the kernel's own parts, between two networks joined by veth: netem, or tbf with nftables. */
import { InputError } from "@split-et-impera/core/errors";
import { checkLink, type LinkParameters } from "@split-et-impera/core/network";
import { beyondKernel, countKernel, DEVICE, netemWords, nftWords, tbfWords, type Qdisc } from "./kernel-words.ts";
import type { EmulatedLink, EmulationOptions } from "./link.ts";
import { dropsInside, hostsOf, MTU, workerOptions } from "./tun.ts";
import { runProgram, startWorker, type Worker } from "./worker.ts";

const NAMES = { netem: "the kernel's netem", kernel: "the kernel's tbf and nftables" } as const;

/** @throws InputError `ERR_EMULATION` where the kernel lacks a part, or cannot do what the link asks; `ERR_LINK` */
export async function openKernelLink(
  kind: "netem" | "kernel",
  options: EmulationOptions,
  signal: AbortSignal,
): Promise<EmulatedLink> {
  const { link, mtu = MTU, name = "link" } = options;
  const directions: readonly [LinkParameters, LinkParameters] = "rate" in link ? [link, link] : link;
  for (const one of directions) {
    checkLink(name, one);
    const cannot = beyondKernel(one, kind);
    if (cannot.length > 0) throw new InputError("ERR_EMULATION", `${NAMES[kind]} cannot do ${cannot.join(", ")}`);
  }
  const asked = workerOptions(options, "veth");
  const worker = await startWorker(asked, signal);
  try {
    for (const from of [0, 1] as const) {
      const one = directions[from];
      for (const words of kind === "netem" ? netemWords(one) : tbfWords(one, mtu)) await tc(worker, from, words);
      const rules = kind === "netem" ? undefined : nftWords(one);
      // Lost on the way in: a drop on the way out would be told to the sender.
      if (rules !== undefined) await runProgram(worker.inside(from === 0 ? 1 : 0, "nft", [rules]));
    }
  } catch (error) {
    await worker.close();
    signal.throwIfAborted();
    throw new InputError("ERR_EMULATION", `${NAMES[kind]} cannot be used here: ${(error as Error).message}`);
  }
  const hosts = hostsOf(worker, asked);
  return {
    kind,
    hosts,
    scheduling: { scheduling: "kernel" },
    congestionControl: worker.opened.congestionControl,
    differs:
      kind === "netem"
        ? ["losses are the kernel's own draws, not the seed's"]
        : [
            "losses are the kernel's own draws, not the seed's, and come after the rate",
            "tbf's bucket holds a packet, or what half a millisecond takes: so much leaves at once after a pause",
          ],
    reach: (to, port) => Promise.resolve({ host: hosts[to].address, port }),
    counters: async () => {
      const counted = await Promise.all(
        ([0, 1] as const).map((from) => countDirection(worker, from, directions[from])),
      );
      const sum = (what: "sent" | "lost" | "overflowed"): number => counted[0]![what] + counted[1]![what];
      return {
        sent: sum("sent"),
        lossesByLink: sum("lost"),
        queueDrops: sum("overflowed"),
        dropsInBuffers: await dropsInside(worker),
      };
    },
    close: worker.close,
    [Symbol.asyncDispose]: worker.close,
  };
}

function tc(worker: Worker, host: 0 | 1, words: readonly string[]): Promise<string> {
  return runProgram(worker.inside(host, "tc", words));
}

async function countDirection(
  worker: Worker,
  from: 0 | 1,
  link: LinkParameters,
): Promise<ReturnType<typeof countKernel>> {
  const shown = await tc(worker, from, ["-s", "-j", "qdisc", "show", "dev", DEVICE]);
  const far = worker.inside(from === 0 ? 1 : 0, "nft", ["list", "chain", "inet", "sei", "link"]);
  const losses = nftWords(link) === undefined || shown.includes('"netem"') ? "" : await runProgram(far);
  return countKernel(JSON.parse(shown) as Qdisc[], losses);
}
