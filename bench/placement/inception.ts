/**
 * @file Inception v3 with its auxiliary classifier, layer by layer, as a workload of the placement format: 326 nodes
 * in branches of two to six, so that it has tens of thousands of predecessor-closed sets.
 *
 * The graph is the network's (Szegedy et al., CVPR 2016). Times are a simple model of one accelerator at a batch of
 * 128: a fixed part per layer plus multiply-adds (convolutions) or bytes (everything else).
 */

interface Layer {
  id: number;
  channels: number;
  side: number;
}

const batch = 128;

export function inceptionWorkload(): object {
  const nodes: object[] = [];
  const edges: { sourceId: number; destId: number; cost: number; size: number }[] = [];
  const bytesOf = ({ channels, side }: Omit<Layer, "id">): number => 4 * batch * channels * side * side;
  const outputs = new Map<number, number>();

  const node = (name: string, time: number, parameters: number, shape: Omit<Layer, "id">, inputs: Layer[]): Layer => {
    const id = nodes.length + 1;
    const out = bytesOf(shape);
    outputs.set(id, out);
    nodes.push({
      name: `${name}${id}`,
      id,
      supportedOnFpga: 1,
      cpuLatency: 10 * time,
      fpgaLatency: time,
      isBackwardNode: 0,
      colorClass: id,
      size: out + parameters,
    });
    for (const input of inputs) {
      const size = outputs.get(input.id)!;
      edges.push({ sourceId: input.id, destId: id, cost: size / 2 ** 31, size });
    }
    return { id, ...shape };
  };
  const megabytes = (shape: Omit<Layer, "id">): number => bytesOf(shape) / 1e6;

  const conv = (input: Layer, channels: number, [kh, kw]: [number, number], stride = 1, pad = true): Layer => {
    const reach = Math.max(kh, kw);
    const side = pad ? Math.ceil(input.side / stride) : Math.floor((input.side - reach) / stride) + 1;
    const shape = { channels, side };
    const weights = input.channels * channels * kh * kw;
    const multiplyAdds = (batch * weights * side * side) / 1e9;
    const raw = node("conv", 0.25 + 0.17 * multiplyAdds, 4 * weights, shape, [input]);
    const norm = node("norm", 0.25 + 0.006 * megabytes(shape), 16 * channels, shape, [raw]);
    return node("relu", 0.22 + 0.0028 * megabytes(shape), 0, shape, [norm]);
  };
  const pool = (input: Layer, side: number): Layer =>
    node("pool", 0.3 + 0.009 * megabytes(input), 0, { channels: input.channels, side }, [input]);
  const concat = (...inputs: Layer[]): Layer =>
    node("concat", 0, 0, { channels: inputs.reduce((sum, l) => sum + l.channels, 0), side: inputs[0]!.side }, inputs);
  const classifier = (input: Layer, dropout: boolean): Layer => {
    const kept = dropout ? node("dropout", 0.05, 0, input, [input]) : input;
    const size = node("size", 0, 0, { channels: 1 / batch, side: 1 }, [kept]);
    const flat = node("view", 0, 0, kept, [kept, size]);
    return node("linear", 0.4, 4 * kept.channels * 1000, { channels: 1000, side: 1 }, [flat]);
  };
  const one: [number, number] = [1, 1];
  const three: [number, number] = [3, 3];

  const blockA = (x: Layer, pooled: number): Layer => {
    const a = conv(x, 64, one);
    const b = conv(conv(x, 48, one), 64, [5, 5]);
    const c = conv(conv(conv(x, 64, one), 96, three), 96, three);
    return concat(a, b, c, conv(pool(x, x.side), pooled, one));
  };
  const blockB = (x: Layer): Layer => {
    const a = conv(x, 384, three, 2, false);
    const b = conv(conv(conv(x, 64, one), 96, three), 96, three, 2, false);
    return concat(a, b, pool(x, a.side));
  };
  const blockC = (x: Layer, width: number): Layer => {
    const a = conv(x, 192, one);
    const b = conv(conv(conv(x, width, one), width, [1, 7]), 192, [7, 1]);
    const c1 = conv(conv(conv(x, width, one), width, [7, 1]), width, [1, 7]);
    const c = conv(conv(c1, width, [7, 1]), 192, [1, 7]);
    return concat(a, b, c, conv(pool(x, x.side), 192, one));
  };
  const blockD = (x: Layer): Layer => {
    const a = conv(conv(x, 192, one), 320, three, 2, false);
    const b = conv(conv(conv(conv(x, 192, one), 192, [1, 7]), 192, [7, 1]), 192, three, 2, false);
    return concat(a, b, pool(x, a.side));
  };
  const blockE = (x: Layer): Layer => {
    const a = conv(x, 320, one);
    const b = conv(x, 384, one);
    const bb = concat(conv(b, 384, [1, 3]), conv(b, 384, [3, 1]));
    const c = conv(conv(x, 448, one), 384, three);
    const cc = concat(conv(c, 384, [1, 3]), conv(c, 384, [3, 1]));
    return concat(a, bb, cc, conv(pool(x, x.side), 192, one));
  };

  let x = node("input", 21.7, 0, { channels: 3, side: 299 }, []);
  x = conv(x, 32, three, 2, false);
  x = conv(conv(x, 32, three, 1, false), 64, three);
  x = pool(x, 73);
  x = conv(conv(x, 80, one), 192, three, 1, false);
  x = pool(x, 35);
  for (const pooled of [32, 64, 64]) x = blockA(x, pooled);
  x = blockB(x);
  for (const width of [128, 160, 160, 192]) x = blockC(x, width);
  const auxiliary = conv(conv(pool(x, 5), 128, one), 768, [5, 5], 1, false);
  classifier(auxiliary, false);
  x = blockE(blockE(blockD(x)));
  classifier(pool(x, 1), true);
  return { maxSizePerFPGA: 17185374208, maxFPGAs: 6, maxCPUs: 1, nodes, edges };
}
