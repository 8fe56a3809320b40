/** @file A workload file of graphs and hosts, and its placement as JSON and in words. */
import { InputError } from "@split-et-impera/core/errors";
import type { StageExplanation, StagePlacement, StageProblem } from "@split-et-impera/core/placement";
import { readFile } from "node:fs/promises";
import { table } from "../../cli/table.ts";

/** @throws InputError where there is no such file, or no JSON in it */
export async function parseWorkload(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    const { code = "" } = cause as { code?: string };
    const why =
      { ENOENT: "there is no such file", EISDIR: "it is a folder", EACCES: "it may not be read" }[code] ?? code;
    throw new InputError("ERR_WORKLOAD", `${file}: expected a workload in JSON, but ${why}`, { cause });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const why = (cause as Error).message.replaceAll(/\s+/g, " ");
    throw new InputError("ERR_WORKLOAD", `${file}: expected JSON: ${why}`, { cause });
  }
}

/** As docs/placement.md says. */
export function workloadJson(
  goal: string,
  problem: StageProblem,
  ids: readonly number[],
  placement: StagePlacement,
  explanation: StageExplanation | undefined,
  seconds: number,
): object {
  const { value, bound, gap, stages, effort } = placement;
  const segments = (list: StagePlacement["stages"]): object[] =>
    list.map(({ kind, nodes, load, compute, input, output, memory }) => ({
      host: problem.kinds[kind]!.name,
      nodes: nodes.map((v) => ids[v]!),
      load,
      compute,
      input,
      output,
      memory,
    }));
  const { runnerUp, binding, slack, idle } = explanation ?? {};
  return {
    objective: { name: goal, value, bound, gap },
    segments: segments(stages),
    ...(explanation && {
      binding,
      slack,
      idle,
      runnerUp: runnerUp
        ? {
            value: runnerUp.value,
            price: runnerUp.price,
            gap: runnerUp.gap,
            segments: segments(runnerUp.placement.stages),
          }
        : null,
    }),
    effort,
    seconds,
  };
}

const digits = (x: number): string => String(Number(x.toPrecision(6)));

export function workloadText(
  goal: string,
  problem: StageProblem,
  placement: StagePlacement,
  explanation: StageExplanation | undefined,
  seconds: number,
): string {
  const { value, bound, gap, stages, effort } = placement;
  const what = goal === "throughput" ? "largest load" : "sum of loads";
  const proof = gap === 0 ? "optimal" : `at most ${digits(100 * gap)} % above the optimum (bound ${digits(bound)})`;
  const rows = stages.map(({ kind, nodes, load, compute, input, output, memory }, i) => {
    const first = problem.nodes[nodes[0]!]!.name;
    return [
      String(i + 1),
      problem.kinds[kind]!.name,
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
    `${what} ${digits(value)}: ${proof}; ${effort.ideals} sets, ${effort.pairs} pairs, ${digits(seconds)} s`,
    "",
    table(header, rows, [0, 2, 3, 4, 5, 6, 7]),
  ];
  if (explanation) {
    const { binding, runnerUp, idle } = explanation;
    const share = digits(100 * binding.share);
    lines.push("", `binds: stage ${binding.stage + 1} on ${binding.host}, ${share} % of it ${binding.part}`);
    if (idle.length > 0) lines.push(`idle: ${idle.map(({ host, count }) => `${count} x ${host}`).join(", ")}`);
    lines.push(
      runnerUp
        ? `without that stage: ${digits(runnerUp.value)}, ${digits(runnerUp.price)} more${runnerUp.gap > 0 ? " (not proved)" : ""}`
        : "without that stage: nothing fits",
    );
  }
  return lines.join("\n");
}
