/** @file Whether the parts of a deployment agree with each other: what no single field can tell. */
import {
  capturedPorts,
  type Carried,
  type DeployedCrossing,
  type Deployment,
  type Port,
} from "@split-et-impera/core/deploy";
import { tensorTypes } from "@split-et-impera/core/tensor";
import { codecProblem, messageBytes, openCodec } from "@split-et-impera/core/wire";

export interface Fault {
  path: readonly (string | number)[];
  message: string;
}

/** The first disagreement; undefined where there is none. */
export function faultOf(deployment: Deployment): Fault | undefined {
  for (const find of [listsFault, hostsFault, portsFault, readsFault, exitsFault, crossingsFault]) {
    const fault = find(deployment);
    if (fault) return fault;
  }
  return undefined;
}

/** Segments and crossings are the design's. */
function listsFault({ design, segments, exits = [], crossings, answer }: Deployment): Fault | undefined {
  for (const [field, found, own] of [
    ["segments", segments.length, design.segments.length],
    ["exits", exits.length, design.exits?.length ?? 0],
    ["crossings", crossings.length, design.crossings.length],
  ] as const) {
    if (found !== own) return { path: [field], message: `expected ${own}, as in \`design.${field}\`, got ${found}` };
  }
  if ((answer === undefined) !== (design.answer === undefined))
    return { path: ["answer"], message: "expected it exactly where `design.answer` is" };
  for (const key of ["name", "file"] as const) {
    const all = [...segments, ...exits];
    const twice = all.findIndex((one, s) => all.findIndex((other) => other[key] === one[key]) < s);
    const path = twice < segments.length ? ["segments", twice, key] : ["exits", twice - segments.length, key];
    if (twice >= 0) return { path, message: `expected another than an earlier segment's` };
  }
  return undefined;
}

/** Hosts are known, and are the design's. */
function hostsFault({ design, segments, crossings, answer, hosts, frames }: Deployment): Fault | undefined {
  const wrong = segments.findIndex(({ host }, s) => host !== design.segments[s]!.host);
  if (wrong >= 0)
    return {
      path: ["segments", wrong, "host"],
      message: `expected "${design.segments[wrong]!.host}", as in \`design\`, got "${segments[wrong]!.host}"`,
    };
  const named: [Fault["path"], string][] = [
    [["frames", "host"], frames.host],
    [["frames", "answer", "host"], frames.answer.host],
    ...segments.map(({ host }, s): [Fault["path"], string] => [["segments", s, "host"], host]),
    ...crossings.flatMap(({ from, to }, c): [Fault["path"], string][] => [
      [["crossings", c, "from"], from],
      [["crossings", c, "to"], to],
    ]),
    ...(answer ? [[["answer", "to"], answer.to] as [Fault["path"], string]] : []),
  ];
  const unknown = named.find(([, host]) => !Object.hasOwn(hosts, host));
  return unknown && { path: unknown[0], message: `expected a host of \`hosts\`, got "${unknown[1]}"` };
}

function portsFault({ segments, exits = [], crossings }: Deployment): Fault | undefined {
  const ports: [Fault["path"], Port][] = [
    ...Object.entries({ segments, exits }).flatMap(([list, parts]) =>
      parts.flatMap((part, s) =>
        (["inputs", "outputs"] as const).flatMap((side) =>
          part[side].map((port, p): [Fault["path"], Port] => [[list, s, side, p], port]),
        ),
      ),
    ),
    ...crossings.flatMap(({ carries }, c) =>
      carries.map((one, t): [Fault["path"], Port] => [["crossings", c, "carries", t], one]),
    ),
  ];
  for (const [path, { type, shape, bytes }] of ports) {
    const expected = elementsOf(shape) * tensorTypes[type];
    if (bytes !== expected)
      return {
        path: [...path, "bytes"],
        message: `expected ${expected} for ${type} [${shape.join(", ")}], got ${bytes}`,
      };
  }
  return undefined;
}

/** What is read as an answer is there. */
function readsFault({ segments, reads }: Deployment): Fault | undefined {
  const { name, outputs } = segments.at(-1)!;
  const o = reads.outputs.findIndex((tensor) => !outputs.some((port) => port.tensor === tensor));
  if (o < 0) return undefined;
  return { path: ["reads", "outputs", o], message: `expected an output of "${name}", got "${reads.outputs[o]}"` };
}

/** Exits are asked where frames are captured and answers are due, of what is there; they answer as the last segment does. */
function exitsFault({ design, segments, exits = [], frames, reads }: Deployment): Fault | undefined {
  for (const [e, { after, host, inputs, outputs, confidence, threshold }] of exits.entries()) {
    const own = design.exits![e]!;
    const fail = (field: string, message: string): Fault => ({ path: ["exits", e, field], message });
    if (after !== own.after || after >= segments.length)
      return fail("after", `expected ${own.after} of ${segments.length} segments, got ${after}`);
    if (threshold !== own.threshold)
      return fail("threshold", `expected ${own.threshold}, as in \`design\`, got ${threshold}`);
    for (const [what, expected] of [
      ["where frames are captured", frames.host],
      ["where answers are due", frames.answer.host],
      ["where the segment before it is run", segments[after]!.host],
    ] as const)
      if (host !== expected) return fail("host", `expected "${expected}", ${what}, got "${host}"`);
    const there = segments.slice(0, after + 1).flatMap((one) => one.outputs);
    const i = inputs.findIndex((port) => !there.some((one) => samePort(one, port)));
    if (i >= 0) return { path: ["exits", e, "inputs", i], message: "expected an output of a segment before it" };
    const lacking = [...reads.outputs, confidence].find((name) => !outputs.some(({ tensor }) => tensor === name));
    if (lacking !== undefined) return fail("outputs", `expected "${lacking}" among them`);
  }
  return undefined;
}

function crossingsFault({ design, segments, crossings, frames }: Deployment): Fault | undefined {
  const captured = capturedPorts({ segments, crossings });
  for (const [c, crossing] of crossings.entries()) {
    const { after, from, to } = crossing;
    const own = design.crossings[c]!;
    const fail = (field: string, message: string): Fault => ({ path: ["crossings", c, field], message });
    const given = after < 0 ? undefined : segments[after];
    if (after !== own.after || after >= segments.length - 1)
      return fail("after", `expected ${own.after} of ${segments.length} segments, got ${after}`);
    const [start, end] = [after < 0 ? frames.host : segments[after]!.host, segments[after + 1]!.host];
    if (from !== start) return fail("from", `expected "${start}", got "${from}"`);
    if (to !== end) return fail("to", `expected "${end}", got "${to}"`);
    if (crossing.transport.kind !== own.transport.kind)
      return fail("transport", `expected ${own.transport.kind}, as in \`design\`, got ${crossing.transport.kind}`);
    for (const [t, one] of crossing.carries.entries()) {
      const path = ["crossings", c, "carries", t];
      const later = segments.slice(after + 1).flatMap(({ inputs }) => inputs);
      const fault = carriedFault(one, given, crossing, captured, later);
      if (fault) return { path: [...path, ...fault.path], message: fault.message };
      if (crossing.carries.findIndex(({ tensor }) => tensor === one.tensor) < t)
        return { path: [...path, "tensor"], message: "expected another than one before it" };
    }
    const message = lengthFault(crossing);
    if (message !== undefined) return fail("mostBytes", message);
  }
  return undefined;
}

/**
 * @param given the segment behind which it crosses, where there is one
 * @param captured what the capturing host has, and `later` what segments behind the crossing take
 */
function carriedFault(
  one: Carried,
  given: Deployment["segments"][number] | undefined,
  { carries }: DeployedCrossing,
  captured: readonly Port[],
  later: readonly Port[],
): Fault | undefined {
  const { codec, concealment, type, shape } = one;
  // What is fed may cross too, beside what is made of it: also what no segment before reads.
  const own = (ports: readonly Port[]): boolean => ports.some((port) => samePort(port, one));
  const seen = codec.kind === "image" && captured.some(({ tensor }) => tensor === one.tensor);
  if (given && !seen && !own([...given.outputs, ...given.inputs]) && !(own(captured) && own(later)))
    return { path: [], message: `expected an output of "${given.name}"` };
  if (codec.kind === "image" && type !== "uint8")
    return { path: ["type"], message: `expected uint8 for the codec ${codec.kind}, got ${type}` };
  if (type === "string" || type === "bfloat16")
    return { path: ["type"], message: `expected numbers that a codec takes, got ${type}` };
  if (codec.kind === "image" && carries.length > 1)
    return { path: ["codec"], message: "expected a picture to cross alone" };
  const problem = codec.kind === "image" ? undefined : codecProblem(codec, shape);
  if (problem !== undefined) return { path: ["codec"], message: problem };
  if (concealment && !fitsChannels(concealment.values.length, concealment.axis, shape))
    return { path: ["concealment"], message: "expected one value, or one per channel of the tensor" };
  return undefined;
}

/** Pictures are of any size; tensors have theirs. */
function lengthFault({ carries, mostBytes }: DeployedCrossing): string | undefined {
  const parts = carries.flatMap(({ codec, shape }) =>
    codec.kind === "image" ? [] : [{ codec: openCodec(codec), dims: shape }],
  );
  if (parts.length < carries.length) return undefined;
  const expected = messageBytes(parts);
  return mostBytes === expected ? undefined : `expected ${expected} for what it carries, got ${mostBytes}`;
}

const fitsChannels = (count: number, axis: number, shape: readonly number[]): boolean =>
  count === 1 || shape[axis] === count;

const samePort = (a: Port, b: Port): boolean =>
  a.tensor === b.tensor && a.type === b.type && a.shape.join() === b.shape.join();

const elementsOf = (shape: readonly number[]): number => shape.reduce((size, dim) => size * dim, 1);
