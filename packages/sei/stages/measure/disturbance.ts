/** @file Whether the machine did something else while work ran. */
import { readFileSync } from "node:fs";

/** Counters of this process, cheap enough to be read around every run. */
export interface Counters {
  /** Times that the system took a processor away from one of the process's threads. */
  preemptions: number;
  /** Seconds of processor time. */
  cpu: number;
}

export function readCounters(): Counters {
  const { involuntaryContextSwitches, userCPUTime, systemCPUTime } = process.resourceUsage();
  return { preemptions: involuntaryContextSwitches, cpu: (userCPUTime + systemCPUTime) / 1e6 };
}

/** A thread on a machine of its own is interrupted now and then: seconds of a run for each preemption that is not held against it. */
const secondsPerPreemption = 0.01;
/** Shares of a run's time: a process that had a processor for less was kept waiting. */
const leastCpu = 0.5;
/** Processor time is counted too coarsely for shorter runs, in seconds. */
const shortestWatched = 1e-3;

/**
 * Whether a run of `seconds` was preempted, or waited for a processor. Threads that wait for work spin, so that much
 * processor time says nothing; little of it does.
 */
export function disturbed(before: Counters, after: Counters, seconds: number): boolean {
  const preemptions = after.preemptions - before.preemptions;
  const waited = seconds > shortestWatched && after.cpu - before.cpu < leastCpu * seconds;
  return waited || preemptions > seconds / secondsPerPreemption;
}

/** Processor time of the whole machine since it started, hundredths of a second over all processors. */
interface MachineTimes {
  /** In which a process ran, this one or another. */
  busy: number;
  /** In which a hypervisor ran other machines. */
  stolen: number;
  all: number;
}

/** Undefined where the system does not say. */
export function machineTimes(): MachineTimes | undefined {
  try {
    // cpu user nice system idle iowait irq softirq steal guest guest_nice (proc(5)); guests count as users too.
    const [first = ""] = readFileSync("/proc/stat", "latin1").split("\n", 1);
    const times = first.trim().split(/\s+/).slice(1, 9).map(Number);
    if (times.length < 8 || !times.every(Number.isFinite)) return undefined;
    const [user, nice, system, idle, iowait, irq, softirq, steal] = times as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const busy = user + nice + system + irq + softirq;
    return { busy, stolen: steal, all: busy + idle + iowait + steal };
  } catch {
    return undefined;
  }
}

/** Watches a stretch of time. */
export function watch(): {
  /** Share of all processors' time that other processes and machines took; undefined where the system does not say. */
  others(): number | undefined;
} {
  const before = machineTimes();
  const own = process.cpuUsage();
  return {
    others() {
      const after = machineTimes();
      if (!before || !after || after.all <= before.all) return undefined;
      const { user, system } = process.cpuUsage(own);
      const used = after.busy + after.stolen - before.busy - before.stolen - (user + system) / 1e4;
      return Math.min(1, Math.max(0, used / (after.all - before.all)));
    },
  };
}
