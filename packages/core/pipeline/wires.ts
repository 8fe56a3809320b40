/** @file Which output of an earlier part feeds which input of a later one. */
import { InputError } from "../errors/index.ts";
import { elementTypeName, indexGraph, type ModelProto, type ValueInfoProto } from "../onnx/index.ts";

/** By input: the tensor `part/tensor` that it is fed. */
export type Feeds = Readonly<Record<string, string>>;

interface Part {
  name: string;
  model: ModelProto;
  feeds?: Feeds;
}

/** The output `part/tensor` behind every input `part/tensor` that is fed. */
export function wiresOf(parts: readonly Part[]): Map<string, string> {
  const wires = new Map<string, string>();
  const outputs = new Map<string, ValueInfoProto>();
  const unread = new Map<string, string[]>();
  parts.forEach(({ name, model, feeds }, i) => {
    const graph = model.graph!;
    const { inputs } = indexGraph(graph);
    const stranger = Object.keys(feeds ?? {}).find((input) => !inputs.includes(input));
    if (stranger !== undefined)
      throw problem(name, `expected feeds for its inputs ${quoted(inputs)}, got "${stranger}"`);
    const fed = feeds ? Object.entries(feeds) : i === 0 ? [] : usual(name, inputs, unread);
    if (i > 0 && fed.length === 0) throw problem(name, "expected it to be fed by an earlier part, got empty feeds");
    for (const [input, from] of fed) {
      const source = outputs.get(from);
      if (!source)
        throw problem(
          name,
          `expected its input "${input}" to be fed one of ${quoted([...outputs.keys()])}, got "${from}"`,
        );
      checkFits(
        name,
        graph.input.find((one) => one.name === input)!,
        from,
        source,
      );
      wires.set(`${name}/${input}`, from);
      for (const left of unread.values()) if (left.includes(from)) left.splice(left.indexOf(from), 1);
    }
    for (const output of graph.output) outputs.set(`${name}/${output.name}`, output);
    unread.set(
      name,
      graph.output.map((output) => `${name}/${output.name}`),
    );
  });
  return wires;
}

/** What feeds the inputs of a part of which nothing is said. */
function usual(
  part: string,
  inputs: readonly string[],
  unread: ReadonlyMap<string, readonly string[]>,
): [string, string][] {
  const left = [...unread.values()];
  const sameName = (input: string): string[] =>
    left.flat().filter((from) => from.slice(from.indexOf("/") + 1) === input);
  if (inputs.every((input) => sameName(input).length === 1)) return inputs.map((input) => [input, sameName(input)[0]!]);
  const before = left.at(-1)!;
  if (before.length === inputs.length) return inputs.map((input, i) => [input, before[i]!]);
  throw problem(
    part,
    `its inputs are ${quoted(inputs)}, what the parts before leave is ${quoted(left.flat())}; say which feeds which (feeds)`,
  );
}

function checkFits(part: string, input: ValueInfoProto, from: string, output: ValueInfoProto): void {
  const [wanted, given] = [tensorOf(input), tensorOf(output)];
  if (!wanted || !given) return;
  const words = `its input "${input.name}" takes ${shown(wanted)}, "${from}" is ${shown(given)}`;
  if (wanted.elemType !== given.elemType && wanted.elemType && given.elemType) throw problem(part, words);
  const [sizes, others] = [wanted.shape?.dim, given.shape?.dim];
  if (!sizes || !others) return;
  const fits =
    sizes.length === others.length &&
    sizes.every(({ value }, axis) => {
      const other = others[axis]!.value;
      return value.case !== "dimValue" || other.case !== "dimValue" || value.value === other.value;
    });
  if (!fits) throw problem(part, `${words}; put a model between them that reshapes`);
}

type TensorTypeProto = NonNullable<ReturnType<typeof tensorOf>>;

function tensorOf({ type }: ValueInfoProto) {
  return type?.value.case === "tensorType" ? type.value.value : undefined;
}

function shown({ elemType, shape }: TensorTypeProto): string {
  const dims = shape?.dim.map(({ value }) =>
    value.case === undefined || value.value === "" ? "?" : String(value.value),
  );
  return `${elementTypeName(elemType)}${dims ? ` [${dims.join(", ")}]` : ""}`;
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ") || "nothing";

const problem = (part: string, message: string): InputError => new InputError("ERR_PIPELINE", `${part}: ${message}`);
