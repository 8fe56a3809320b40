/** @file A workload file of graphs and hosts, and its placement as JSON and in words. */
import { InputError } from "@split-et-impera/core/errors";
import type { Load, Placement, Problem, Workload } from "@split-et-impera/core/placement";
import { table } from "../../cli/table.ts";
import { readText } from "../../files/index.ts";

/** A workload of 20,000 nodes has some 5 MB. */
const mostBytes = 64e6;

/** @throws InputError `ERR_WORKLOAD` where there is no such file, one too large, or no JSON in it */
export async function parseWorkload(file: string): Promise<unknown> {
  const refuse = (why: string, cause?: unknown): InputError =>
    new InputError("ERR_WORKLOAD", `${file}: ${why}`, { cause });
  const text = await readText(file, { code: "ERR_WORKLOAD", what: "a workload in JSON", most: mostBytes });
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw refuse(`expected JSON: ${(cause as Error).message.replaceAll(/\s+/g, " ")}`, cause);
  }
}

/** As docs/placement.md says. */
export function workloadJson({ problem, ids }: Workload, placement: Placement, seconds: number): object {
  const { value, bound, gap, loads = [], effort, explanation, runnerUp } = placement;
  const segments = (list: readonly Load[]): object[] =>
    list.map(({ host, nodes, load, compute, input, output, memory }) => ({
      host: problem.hosts[host]!.name,
      nodes: nodes.map((v) => ids[v]!),
      load,
      compute,
      input,
      output,
      memory,
    }));
  const { binding, slack } = explanation.loads ?? { binding: 0, slack: [] };
  const [part] = explanation.binds;
  return {
    objective: { name: problem.objective, value, bound, gap },
    segments: segments(loads),
    ...(explanation.others !== "not asked" && {
      binding: {
        stage: binding,
        host: problem.hosts[loads[binding]!.host]!.name,
        load: loads[binding]!.load,
        part: part?.of ?? "compute",
        share: part?.share ?? 0,
      },
      slack,
      idle: idleOf(problem, placement),
      runnerUp: runnerUp
        ? {
            value: runnerUp.value,
            price: runnerUp.price,
            gap: runnerUp.gap,
            segments: segments(runnerUp.loads ?? []),
          }
        : null,
    }),
    effort,
    seconds,
  };
}

const idleOf = ({ hosts }: Problem, { explanation }: Placement): { host: string; count: number }[] =>
  explanation.idle.map(({ host, count }) => ({ host: hosts[host]!.name, count }));

const digits = (x: number): string => String(Number(x.toPrecision(6)));

export function workloadText({ problem }: Workload, placement: Placement, seconds: number): string {
  const { value, bound, gap, loads = [], effort, explanation, runnerUp } = placement;
  const what = problem.objective === "throughput" ? "largest load" : "sum of loads";
  const proof = gap === 0 ? "optimal" : `at most ${digits(100 * gap)} % above the optimum (bound ${digits(bound)})`;
  const rows = loads.map(({ host, nodes, load, compute, input, output, memory }, i) => {
    const first = problem.nodes[nodes[0]!]!.name;
    return [
      String(i + 1),
      problem.hosts[host]!.name,
      String(nodes.length),
      digits(load),
      digits(compute),
      digits(input),
      digits(output),
      `${digits(memory / 1e6)} MB`,
      nodes.length === 1 ? first : `${first}, ...`,
    ];
  });
  const header = ["stage", "host", "nodes", "load", "compute", "in", "out", "memory", "with"];
  const lines = [
    `${what} ${digits(value)}: ${proof}; ${effort["ideals"]} sets, ${effort["pairs"]} pairs, ${digits(seconds)} s`,
    "",
    table(header, rows, [0, 2, 3, 4, 5, 6, 7]),
  ];
  if (explanation.others !== "not asked") {
    const { binding } = explanation.loads!;
    const [part] = explanation.binds;
    const share = part ? `, ${digits(100 * part.share)} % of it ${part.of}` : "";
    lines.push("", `binds: stage ${binding + 1} on ${problem.hosts[loads[binding]!.host]!.name}${share}`);
    const idle = idleOf(problem, placement);
    if (idle.length > 0) lines.push(`idle: ${idle.map(({ host, count }) => `${count} x ${host}`).join(", ")}`);
    lines.push(runnerUpText(explanation.others, runnerUp));
  }
  return lines.join("\n");
}

function runnerUpText(others: Placement["explanation"]["others"], runnerUp: Placement["runnerUp"]): string {
  if (runnerUp) {
    const proved = runnerUp.exact ? "" : " (not proved)";
    return `without that stage: ${digits(runnerUp.value)}, ${digits(runnerUp.price)} more${proved}`;
  }
  return others === "none" ? "without that stage: nothing fits" : "without that stage: nothing was found in the time";
}
