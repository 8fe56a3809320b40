/**
 * @file Times of pieces that were not measured: non-negative least squares of measured times on what operators do, shared
 * out so that measured sums stay as they are, with the error that leaving measurements out one by one shows.
 */
import { elementBytes, sizeOf } from "@split-et-impera/core/tensor";
import { countsMacs, nodeMacs, type GraphIndex, type Observations } from "@split-et-impera/core/onnx";

/** Multiply-accumulates of convolutions and of matrix products, bytes that all other operators touch, operators. */
export type Work = [convolutions: number, products: number, bytes: number, operators: number];

/** What nodes that run for every frame do for one image. */
export function workOf(index: GraphIndex, seen: Observations, rows: number, nodes: readonly number[]): Work {
  const work: Work = [0, 0, 0, 0];
  const bytes = (name: string): number => {
    const found = seen.get(name);
    return found ? (sizeOf(found.dims) * elementBytes(found.type)) / rows : 0;
  };
  for (const i of nodes) {
    if (!index.live[i]) continue;
    const { opType, output } = index.nodes[i]!;
    const macs = nodeMacs(index, i, seen) / rows;
    work[3]++;
    if (macs > 0) work[opType.includes("Conv") ? 0 : 1] += macs;
    else for (const name of [...index.reads[i]!, ...output]) if (name !== "") work[2] += bytes(name);
  }
  return work;
}

const bodies = new Set(["If", "Loop", "Scan"]);

/** Kinds of operators whose work is not known: foreign ones, and those that run a body. */
export function uncountedIn({ nodes, live }: GraphIndex): string[] {
  const kinds = nodes.flatMap((node, i) => {
    const foreign = node.domain !== "" && node.domain !== "ai.onnx";
    return live[i] && !countsMacs(node) && (foreign || bodies.has(node.opType)) ? [node.opType] : [];
  });
  return [...new Set(kinds)].sort();
}

/** Work that took `seconds` on this machine. */
export interface Sample {
  work: Work;
  seconds: number;
}

/** Seconds per unit of each kind of work. */
export function fit(samples: readonly Sample[]): Work {
  const kinds = [0, 1, 2, 3] as const;
  // Columns of one size, and a little ridge: kinds that always come together share what they cost.
  const scale = kinds.map((k) => Math.hypot(...samples.map(({ work }) => work[k])) || 1);
  const rows = samples.map(({ work }) => kinds.map((k) => work[k] / scale[k]!));
  const rates = [0, 0, 0, 0];
  const rest = samples.map(({ seconds }) => seconds);
  const ridge = 1e-3;
  for (let round = 0; round < 1000; round++) {
    let moved = 0;
    for (const k of kinds) {
      let [along, square] = [-ridge * rates[k]!, ridge];
      rows.forEach((row, s) => {
        along += row[k]! * rest[s]!;
        square += row[k]! ** 2;
      });
      const next = Math.max(0, rates[k]! + along / square);
      const change = next - rates[k]!;
      if (change === 0) continue;
      rows.forEach((row, s) => (rest[s]! -= change * row[k]!));
      rates[k] = next;
      moved = Math.max(moved, Math.abs(change));
    }
    if (moved <= 1e-9 * Math.max(...rates)) break;
  }
  return kinds.map((k) => rates[k]! / scale[k]!) as Work;
}

export function predict(rates: Work, work: Work): number {
  return rates.reduce((sum, rate, k) => sum + rate * work[k]!, 0);
}

/** Errors of predicting each sample from the others, added up, as a share of all seconds; undefined below three samples. */
export function leaveOneOut(samples: readonly Sample[]): number | undefined {
  if (samples.length < 3) return undefined;
  let [missed, all] = [0, 0];
  samples.forEach((sample, i) => {
    missed += Math.abs(predict(fit(samples.toSpliced(i, 1)), sample.work) - sample.seconds);
    all += sample.seconds;
  });
  return all > 0 ? missed / all : undefined;
}

/** `seconds` divided over pieces in proportion to what their work is predicted to take; evenly where that is nothing. */
export function shareOut(seconds: number, rates: Work, works: readonly Work[]): number[] {
  const predicted = works.map((work) => predict(rates, work));
  const sum = predicted.reduce((a, b) => a + b, 0);
  return predicted.map((one) => (sum > 0 ? (seconds * one) / sum : seconds / works.length));
}
