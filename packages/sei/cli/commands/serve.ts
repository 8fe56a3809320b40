/** @file `sei serve`: a host of a deployment that others connect to. */
import { InputError } from "@split-et-impera/core/errors";
import { formatDuration } from "@split-et-impera/core/units";
import type { Address } from "@split-et-impera/runtime";
import { roleOf, RunningHost, type HostOptions } from "@split-et-impera/runtime/host";
import { readDeployment } from "../../deploy/index.ts";
import {
  addressOfPlan,
  eventText,
  named,
  parseAddress,
  placesOf,
  readPolicyBundles,
  type Bundle,
  refuseSameAddress,
  swapper,
  tellingSeldom,
  together,
  unreadableEvent,
  wordingOf,
} from "../../run/index.ts";
import { defineCommand } from "../command.ts";
import { trustOf } from "../trust-options.ts";
import { metricsAddress, metricsOf, openMetrics } from "../../run/metrics.ts";
import { openTracing } from "../../run/tracing/index.ts";
import { openOip } from "../../run/oip.ts";
import { folderOrPolicy, hostFlags, hostParts, onlyHost, policyFlag } from "../host-options.ts";

export default defineCommand({
  description: "Run a host of a deployment that others connect to: a server, a gateway",
  args: {
    bundle: { type: "positional", description: "the folder that `sei design` made (bundle/)", required: false },
    policy: policyFlag,
    host: {
      type: "string",
      valueHint: "NAME",
      description: "which host this machine is (default: the one that others connect to)",
    },
    listen: {
      type: "string",
      valueHint: "ADDRESS:PORT",
      description:
        "where others reach it (default: the deployment's address, else 127.0.0.1:7000); port 0: any; with --policy that of the first design, the others behind it",
    },
    connect: {
      type: "string",
      valueHint: "NAME=ADDRESS:PORT",
      description: "where the next host is, for a gateway; may be given several times",
    },
    oip: {
      type: "string",
      valueHint: "ADDRESS:PORT",
      description: "serve its part of the model by the Open Inference Protocol (KServe, Triton) too, there",
    },
    grpc: { type: "string", valueHint: "ADDRESS:PORT", description: "the same over gRPC, there" },
    ...hostFlags,
  },
  examples: [
    { line: "sei serve BUNDLE --insecure", does: "on this machine alone, to try it" },
    { line: "sei serve BUNDLE --listen 0.0.0.0:7000 --keys KEYS", does: "with this host's folder of `sei keys`" },
    {
      line: "sei serve BUNDLE --host gateway --listen 0.0.0.0:7000 --connect server=10.0.0.3:7000 --token FILE",
      does: "a host in the middle",
    },
    {
      line: "sei serve BUNDLE --insecure --oip 127.0.0.1:8000",
      does: "for clients of KServe or Triton too",
    },
    {
      line: "sei serve --policy POLICY.json --listen 0.0.0.0:7000 --keys KEYS",
      does: "every design of a policy, each at a port of its own from 7000 on",
    },
  ],
  async run({ args, json, print, printJsonLine, every, warn, onReload, signal }) {
    const from = folderOrPolicy(args.bundle, args.policy);
    const followed = "policy" in from;
    if (followed && (args.oip !== undefined || args.grpc !== undefined))
      throw new InputError(
        "ERR_USAGE",
        `--${args.oip === undefined ? "grpc" : "oip"}: expected a bundle, got a policy`,
      );
    const all = followed ? (await readPolicyBundles(from.policy)).bundles : [await bundleOf(from.bundle)];
    // A design of the camera alone names no other host.
    const listens = ({ deployment: one }: Bundle, name: string): boolean =>
      Object.hasOwn(one.hosts, name) && roleOf(one, name).listens;
    const usual = all.find((one) => Object.keys(one.deployment.hosts).some((name) => listens(one, name))) ?? all[0]!;
    let { deployment } = usual;
    let words = wordingOf(deployment);
    const host = args.host ?? onlyHost(deployment, "--host", (one) => one.listens);
    const role = roleOf(deployment, host);
    const listen = role.listens
      ? parseAddress("listen", args.listen ?? deployment.hosts[host]!.address ?? "127.0.0.1:7000")
      : undefined;
    const places = placesOf(deployment.hosts, "connect", every("connect"));
    /** The designs of a policy in which this host has a part; each where the host that captures looks for it. */
    const own = all.flatMap((bundle, place): Own[] => {
      if (!followed) return [{ ...bundle, ...places, ...(listen && { listen }) }];
      if (!listens(bundle, host)) return [];
      const moved = (flag: string, address: Address): Address => addressOfPlan(flag, address, place, all.length);
      const addresses = Object.entries(places.addresses).map(([name, one]) => [name, moved("connect", one)] as const);
      return [{ ...bundle, listen: moved("listen", listen!), addresses: Object.fromEntries(addresses) }];
    });
    if (own.length === 0)
      throw new InputError(
        "ERR_USAGE",
        `--host: expected a host that others connect to by a design of the policy, got "${host}"; \`sei run\` is for the one that captures`,
      );
    refuseSameAddress({
      ...(listen && { listen }),
      ...(args.metrics !== undefined && { metrics: metricsAddress(args.metrics) }),
      ...(args.oip !== undefined && { oip: parseAddress("oip", args.oip) }),
      ...(args.grpc !== undefined && { grpc: parseAddress("grpc", args.grpc) }),
    });
    const trust = await trustOf(args, host);
    const say = tellingSeldom((event) => {
      if (json) printJsonLine({ time: new Date().toISOString(), ...event });
      else print(eventText(event));
    });
    const seen = metricsOf(host, deployment);
    await using tracing = openTracing(host, warn);
    await using opened = Object.assign([] as RunningHost[], {
      [Symbol.asyncDispose]: async () => void (await Promise.all(opened.map((one) => one[Symbol.asyncDispose]()))),
    });
    for (const { deployment: one, folder, ...where } of own) {
      const running = await RunningHost.open({
        ...(await hostParts({ ...args, bundle: folder }, one)),
        host,
        trust,
        ...where,
        anywhere: args.anywhere,
        onServed(parts, frame) {
          const { id, deadlineNs } = followed ? one : deployment;
          // Of a policy, the design that served the last frame is the one that runs.
          if (followed) seen.swapped({ design: id, deadlineNs });
          seen.served(parts, id);
          tracing?.served(parts, frame);
        },
        onEvent(event) {
          seen.event(event);
          say(event);
        },
        onUnreadable: (frame, error) => say(unreadableEvent(frame, error)),
        onAnswer: ({ frame, answer, deadlineMet }) => {
          const plan = followed && { plan: one.id };
          const said = named(answer, followed ? wordingOf(one) : words);
          if (json) printJsonLine({ frame, ...plan, deadlineMet, answer: said });
        },
      });
      opened.push(running);
      const { address } = running;
      const at = address ? `${address.host}:${address.port}` : "nowhere";
      if (json) printJsonLine({ event: "listening", host, address: at, design: one.id });
      else
        print(
          `${host} listens at ${at}: ${running.role.segments.map((s) => one.segments[s]!.name).join(", ")} of ${one.id}, deadline ${formatDuration(one.deadlineNs / 1e9)}`,
        );
    }
    const [first, ...others] = opened;
    const running = together([first!, ...others]);
    await using metrics = args.metrics === undefined ? undefined : await openMetrics(args.metrics, running, seen);
    if (metrics && json) printJsonLine({ event: "metrics", url: metrics.url });
    else if (metrics) print(`metrics: ${metrics.url}`);
    const asked = { trust, anywhere: args.anywhere };
    await using oip = args.oip === undefined ? undefined : await openOip("oip", args.oip, first!, deployment, asked);
    if (oip && json) printJsonLine({ event: "oip", url: oip.url, models: oip.models });
    else if (oip)
      print(`Open Inference Protocol: ${oip.models.map((name) => `${oip.url}/v2/models/${name}`).join(", ")}`);
    await using grpc =
      args.grpc === undefined ? undefined : await openOip("grpc", args.grpc, first!, deployment, asked);
    if (grpc && json) printJsonLine({ event: "grpc", url: grpc.url, models: grpc.models });
    else if (grpc) print(`Open Inference Protocol: ${grpc.models.join(", ")} at ${grpc.url}`);
    const swap = swapper({
      folder: own[0]!.folder,
      host: first!,
      warn,
      onSwapped(next) {
        deployment = next;
        words = wordingOf(next);
        seen.swapped({ design: next.id, deadlineNs: next.deadlineNs });
        if (json) printJsonLine({ time: new Date().toISOString(), event: "swapped", design: next.id });
        else print(`goes on with ${next.id}, deadline ${formatDuration(next.deadlineNs / 1e9)}`);
      },
    });
    onReload(() => {
      if (followed) warn("the bundles of a policy cannot change while they are served; start this host anew");
      else if (oip || grpc)
        warn("the models of --oip and --grpc cannot change while they are served; start this host anew");
      else void swap();
    });
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([running.drained(), new Promise((resolve) => setTimeout(resolve, 500))]);
    const { frames, dropped, unreadable, missing } = running.counters;
    if (json) printJsonLine({ event: "ended", ...running.counters });
    else print(`ended: ${frames} frames, ${dropped} dropped, ${unreadable} unreadable, ${missing} datagrams missing`);
  },
});

/** A bundle, and where this host and those that it connects to are by it. */
type Own = Bundle & Pick<HostOptions, "listen" | "addresses" | "models">;

const bundleOf = async (folder: string): Promise<Bundle> => ({ deployment: await readDeployment(folder), folder });
