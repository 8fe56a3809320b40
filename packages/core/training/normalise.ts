/** @file Batch normalisation in training. */
import {
  attributeFloat,
  copyModel,
  createBuilder,
  fromProto,
  toProto,
  type GraphBuilder,
  type Inspection,
  type ModelProto,
  type NodeProto,
} from "../onnx/index.ts";

export interface BatchNormalisation {
  /** [batch, channels, ...] */
  x: string;
  /** [channels], as are shift and the running mean and variance. */
  scale: string;
  shift: string;
  mean: string;
  variance: string;
  rank: number;
  epsilon: number;
  /** Share of the running statistics that stays (ONNX's `momentum`). */
  kept: number;
}

/**
 * Batch normalisation with the batch's own mean and variance (Ioffe and Szegedy, 2015), and the new running statistics.
 * As in ONNX, the running variance takes the batch's as it is (biased). Written in elementary operators, because
 * runtimes for inference lack the operator's training mode.
 */
export function normaliseBatch(
  g: GraphBuilder,
  { x, scale, shift, mean, variance, rank, epsilon, kept }: BatchNormalisation,
): { y: string; mean: string; variance: string } {
  const positions = Array.from({ length: rank - 2 }, (_, i) => i + 2);
  const perChannel = (name: string): string =>
    rank > 2
      ? g.unsqueeze(
          name,
          positions.map((axis) => axis - 1),
        )
      : name;
  const average = (name: string): string => g.reduceMean(name, [0, ...positions], true);
  const own = average(x);
  const centred = g.op("Sub", [x, own]);
  const spread = average(g.op("Mul", [centred, centred]));
  const deviation = g.op("Sqrt", [g.op("Add", [spread, g.scalar(epsilon)])]);
  const scaled = g.op("Mul", [centred, g.op("Div", [perChannel(scale), deviation])]);
  const moved = (running: string, batch: string): string =>
    g.op("Add", [g.op("Mul", [running, g.scalar(kept)]), g.op("Mul", [g.reshape(batch, [-1]), g.scalar(1 - kept)])]);
  return {
    y: g.op("Add", [scaled, perChannel(shift)]),
    mean: moved(mean, own),
    variance: moved(variance, spread),
  };
}

/** A normalisation moves its running statistics when its own scale or shift is trained, and they are stored. */
export function normalises(
  { opType, domain, input }: NodeProto,
  trained: readonly string[],
  { index: { initialisers, nodes, producer } }: Inspection,
): boolean {
  const stored = (name: string): boolean =>
    initialisers.has(name) || nodes[producer.get(name) ?? -1]?.opType === "Constant";
  const own = input.slice(1, 3).some((name) => trained.includes(name));
  return opType === "BatchNormalization" && domain === "" && own && input.slice(3, 5).every(stored);
}

/** Puts the batch's own statistics into the normalisations that make these tensors; gives the running ones' updates. */
export function normaliseInTraining(
  model: ModelProto,
  made: ReadonlySet<string>,
  { seen }: Inspection,
): Map<string, string> {
  const graph = model.graph!;
  const nodes = graph.node.filter(({ output }) => made.has(output[0]!));
  graph.node = graph.node.filter((node) => !nodes.includes(node));
  const g = createBuilder(model);
  const updates = new Map<string, string>();
  for (const node of nodes) {
    const [x, scale, shift, mean, variance] = node.input as [string, string, string, string, string];
    const y = node.output[0]!;
    g.scope(`${y}/`);
    const found = normaliseBatch(g, {
      x,
      scale,
      shift,
      mean,
      variance,
      rank: seen.get(y)!.dims.length,
      epsilon: attributeFloat(node, "epsilon", 1e-5),
      kept: attributeFloat(node, "momentum", 0.9),
    });
    g.scope("");
    g.opAs(y, "Identity", [found.y]);
    updates.set(mean, found.mean).set(variance, found.variance);
  }
  return updates;
}

/**
 * Exporters store equal tensors once, so normalisations of a network that was never trained may share their statistics.
 * Gives the model with a copy of scale, shift, mean and variance for each of those that do, or the model itself.
 */
export function separateStatistics(model: ModelProto): ModelProto {
  const readers = new Map<string, number>();
  for (const { opType, input } of model.graph!.node)
    if (opType === "BatchNormalization")
      for (const name of input.slice(3)) readers.set(name, (readers.get(name) ?? 0) + 1);
  const shares = ({ opType, input }: NodeProto): boolean =>
    opType === "BatchNormalization" && input.slice(3).some((name) => readers.get(name)! > 1);
  if (!model.graph!.node.some(shares)) return model;
  const copy = copyModel(model);
  const graph = copy.graph!;
  const stored = new Map(graph.initializer.map((proto) => [proto.name, proto]));
  for (const node of graph.node.filter(shares)) {
    node.input = node.input.map((name, i) => {
      const proto = i === 0 ? undefined : stored.get(name);
      if (!proto) return name;
      const own = `${name}/${node.output[0]!}`;
      if (!stored.has(own)) {
        stored.set(own, toProto(fromProto(proto), own));
        graph.initializer.push(stored.get(own)!);
      }
      return own;
    });
  }
  return copy;
}
