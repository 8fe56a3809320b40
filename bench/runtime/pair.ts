/** @file A camera and a server whose engine computes nothing, for benches of what is around it: `node pair.ts serve VALUES` is the server. */
import type { Deployment } from "@split-et-impera/core/deploy";
import type { Engine } from "@split-et-impera/core/engine";
import { float32, type Tensor, type Tensors } from "@split-et-impera/core/tensor";
import { RunningHost, type HostOptions } from "@split-et-impera/runtime/host";
import { spawn, type ChildProcess } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { deploymentOver, insecure } from "../../packages/runtime/host/testing/pair.ts";

/** What each segment takes; ns. */
export interface Takes {
  head: number;
  tail: number;
}

/** Gives its input on as it is, or two scores; spends its time asleep, as an accelerator would have it. */
export function idleEngine(takes: Takes): Engine {
  return {
    name: "idle",
    load: (model) => {
      const isHead = String(model).endsWith("head.onnx");
      const ms = (isHead ? takes.head : takes.tail) / 1e6;
      const scores = float32([1, 3], Float32Array.of(0, 1, 0));
      return Promise.resolve({
        inputs: [],
        outputs: [],
        async run(feeds): Promise<Tensors> {
          if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
          return isHead ? { middle: Object.values(feeds)[0] as Tensor } : { scores };
        },
        release: () => Promise.resolve(),
      });
    },
  };
}

/** The pair's deployment with another number of values that cross. */
export function deploymentOf(kind: "tcp" | "udp", values: number, deadlineNs: number, rate = 100): Deployment {
  const { segments, crossings, ...rest } = deploymentOver(kind, deadlineNs);
  const sized = <T extends { tensor: string; shape: readonly number[] }>(port: T): T =>
    port.tensor === "scores" ? port : { ...port, shape: [1, values], bytes: 4 * values };
  return {
    ...rest,
    frames: { ...rest.frames, rate },
    segments: segments.map((one) => ({ ...one, inputs: one.inputs.map(sized), outputs: one.outputs.map(sized) })),
    crossings: crossings.map((one) => ({ ...one, carries: one.carries.map(sized), mostBytes: 4 * values })),
  };
}

export const openHost = (
  options: Partial<HostOptions> & Pick<HostOptions, "deployment" | "host">,
  takes: Takes,
): Promise<RunningHost> =>
  RunningHost.open({ folder: "", engine: idleEngine(takes), trust: insecure(options.host), ...options });

/** Where a server is: the runtime's, and a bare one that answers `answer` bytes to every `bytes`. */
export interface Server {
  runtime: number;
  bare: number;
}
export const answerBytes = 48;

/** Starts the server as a process of its own, on port 0 or the one given; it must have the camera's deployment. */
export async function startServer(
  kind: "tcp" | "udp",
  values: number,
  deadlineNs: number,
  takes: Takes,
  port = 0,
): Promise<{ child: ChildProcess; ports: Server }> {
  const words = ["serve", kind, ...[values, deadlineNs, takes.tail, port].map(String)];
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout }))
    return { child, ports: JSON.parse(line) as Server };
  throw new Error("the server ended at once");
}

async function serve(deployment: Deployment, values: number, tail: number, port: number, at: string): Promise<void> {
  const trust = { ...insecure("server"), anywhere: true };
  const host = await openHost({ deployment, host: "server", trust, listen: { host: at, port } }, { head: 0, tail });
  const bytes = 16 + 4 * values;
  const bare = createServer({ noDelay: true }, (socket) => {
    let left = bytes;
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      left -= chunk.length;
      if (left > 0) return;
      left = bytes;
      socket.write(Buffer.alloc(answerBytes));
    });
  });
  await new Promise<void>((resolve) => bare.listen(0, "127.0.0.1", resolve));
  console.log(JSON.stringify({ runtime: host.address!.port, bare: (bare.address() as AddressInfo).port }));
}

const [role, kind, ...words] = process.argv.slice(2);
if (role === "serve" && process.argv[1] === fileURLToPath(import.meta.url)) {
  const [values, deadlineNs, tail, port] = words.map(Number) as [number, number, number, number];
  await serve(deploymentOf(kind as "tcp", values, deadlineNs), values, tail, port, words[4] ?? "127.0.0.1");
}
