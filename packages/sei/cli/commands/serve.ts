/** @file `sei serve`: a host of a deployment that others connect to. */
import { formatDuration } from "@split-et-impera/core/units";
import { roleOf, RunningHost } from "@split-et-impera/runtime/host";
import { readDeployment } from "../../deploy/index.ts";
import {
  eventText,
  named,
  parseAddress,
  placesOf,
  refuseSameAddress,
  swapper,
  tellingSeldom,
  unreadableEvent,
  wordingOf,
} from "../../run/index.ts";
import { defineCommand } from "../command.ts";
import { trustOf } from "../trust-options.ts";
import { metricsAddress, metricsOf, openMetrics } from "../../run/metrics.ts";
import { openTracing } from "../../run/tracing/index.ts";
import { openOip } from "../../run/oip.ts";
import { hostFlags, hostParts, onlyHost } from "../host-options.ts";

export default defineCommand({
  description: "Run a host of a deployment that others connect to: a server, a gateway",
  args: {
    bundle: { type: "positional", description: "the folder that `sei design` made (bundle/)", required: true },
    host: {
      type: "string",
      valueHint: "NAME",
      description: "which host this machine is (default: the one that others connect to)",
    },
    listen: {
      type: "string",
      valueHint: "ADDRESS:PORT",
      description: "where others reach it (default: the deployment's address, else 127.0.0.1:7000); port 0: any",
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
  ],
  async run({ args, json, print, printJsonLine, every, warn, onReload, signal }) {
    let deployment = await readDeployment(args.bundle);
    let words = wordingOf(deployment);
    const host = args.host ?? onlyHost(deployment, "--host", ({ listens }) => listens);
    const role = roleOf(deployment, host);
    const listen = role.listens
      ? parseAddress("listen", args.listen ?? deployment.hosts[host]!.address ?? "127.0.0.1:7000")
      : undefined;
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
    await using running = await RunningHost.open({
      ...(await hostParts(args, deployment)),
      host,
      trust,
      ...(listen && { listen }),
      ...placesOf(deployment.hosts, "connect", every("connect")),
      onServed(parts, frame) {
        seen.served(parts);
        tracing?.served(parts, frame);
      },
      onEvent(event) {
        seen.event(event);
        say(event);
      },
      onUnreadable: (frame, error) => say(unreadableEvent(frame, error)),
      onAnswer: ({ frame, answer, deadlineMet }) => {
        if (json) printJsonLine({ frame, deadlineMet, answer: named(answer, words) });
      },
    });
    const { address } = running;
    const at = address ? `${address.host}:${address.port}` : "nowhere";
    if (json) printJsonLine({ event: "listening", host, address: at, design: deployment.id });
    else
      print(
        `${host} listens at ${at}: ${role.segments.map((s) => deployment.segments[s]!.name).join(", ")} of ${deployment.id}, deadline ${formatDuration(deployment.deadlineNs / 1e9)}`,
      );
    await using metrics = args.metrics === undefined ? undefined : await openMetrics(args.metrics, running, seen);
    if (metrics && json) printJsonLine({ event: "metrics", url: metrics.url });
    else if (metrics) print(`metrics: ${metrics.url}`);
    const asked = { trust, anywhere: args.anywhere };
    await using oip = args.oip === undefined ? undefined : await openOip("oip", args.oip, running, deployment, asked);
    if (oip && json) printJsonLine({ event: "oip", url: oip.url, models: oip.models });
    else if (oip)
      print(`Open Inference Protocol: ${oip.models.map((name) => `${oip.url}/v2/models/${name}`).join(", ")}`);
    await using grpc =
      args.grpc === undefined ? undefined : await openOip("grpc", args.grpc, running, deployment, asked);
    if (grpc && json) printJsonLine({ event: "grpc", url: grpc.url, models: grpc.models });
    else if (grpc) print(`Open Inference Protocol: ${grpc.models.join(", ")} at ${grpc.url}`);
    const swap = swapper({
      folder: args.bundle,
      host: running,
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
      if (oip || grpc) warn("the models of --oip and --grpc cannot change while they are served; start this host anew");
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
