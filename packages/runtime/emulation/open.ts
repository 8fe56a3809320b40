/** @file Opens an emulated link of the best kind that this machine allows, and tells which kinds those are. */
import { InputError } from "@split-et-impera/core/errors";
import { beyondKernel } from "./kernel-words.ts";
import { openKernelLink } from "./kernel.ts";
import { linkKinds, type EmulatedLink, type EmulationOptions, type LinkKind } from "./link.ts";
import { openProxyLink } from "./proxy.ts";
import { openTunLink } from "./tun.ts";

const openers: Record<LinkKind, (options: EmulationOptions, signal: AbortSignal) => Promise<EmulatedLink>> = {
  netem: (options, signal) => openKernelLink("netem", options, signal),
  tun: openTunLink,
  kernel: (options, signal) => openKernelLink("kernel", options, signal),
  proxy: openProxyLink,
};

/**
 * Opens the link. Without a kind: netem where the kernel has it and it can do what the link asks, else TUN, else relays
 * on loopback; `kind` and `differs` of the answer say which it is and what it does otherwise.
 * @throws InputError `ERR_EMULATION` where the kind asked for cannot be; `ERR_LINK` for a link that cannot be
 */
export async function openEmulatedLink(options: EmulationOptions, signal: AbortSignal): Promise<EmulatedLink> {
  if (options.kind !== undefined) return openers[options.kind](options, signal);
  const directions = "rate" in options.link ? [options.link] : options.link;
  const byKernel = directions.every((one) => beyondKernel(one, "netem").length === 0);
  const why: string[] = [];
  for (const kind of byKernel ? (["netem", "tun"] as const) : (["tun"] as const)) {
    try {
      return await openers[kind](options, signal);
    } catch (error) {
      if (!(error instanceof InputError && error.code === "ERR_EMULATION")) throw error;
      why.push(error.message);
    }
  }
  const proxy = await openProxyLink(options, signal);
  return { ...proxy, differs: [...proxy.differs, ...why] };
}

/** A kind of link, and why this machine cannot have it. */
export interface Detected {
  kind: LinkKind;
  possible: boolean;
  why?: string;
}

/** Tries each kind for a moment, one after the other. */
export async function detectLinks(signal: AbortSignal): Promise<Detected[]> {
  const found: Detected[] = [];
  for (const kind of linkKinds) {
    try {
      await (await openers[kind]({ link: { rate: 1e8, loss: { rate: 0.01 } } }, signal)).close();
      found.push({ kind, possible: true });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      found.push({ kind, possible: false, why: error.message });
    }
  }
  return found;
}
