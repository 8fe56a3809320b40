/** @file What this machine is, as profiles and results name it. */
import type { Machine } from "@split-et-impera/core/cost";
import { engine } from "@split-et-impera/ort";
import { arch, availableParallelism, cpus, platform } from "node:os";

export function thisMachine(): Machine {
  return {
    engine: engine.name,
    platform: `${platform()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    threads: availableParallelism(),
  };
}
