/** @file The cuts that a study names, held against the model: whether they separate it, and which tensors that takes. */
import { cutName, type Cut } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import {
  isSizedByValues,
  nodesTowards,
  planSegments,
  reachBack,
  severalCuts,
  type GraphIndex,
  type Inspection,
  type Plan,
  type StatePair,
} from "@split-et-impera/core/onnx";
import { namedCutText, type NamedCut, type Study } from "@split-et-impera/core/study";
import { nameList } from "../../name-list.ts";
import { nearest } from "../../nearest.ts";

/** Throws where a cut that the study names is none, or cannot be sent. */
export function checkCandidates({ explore: { candidates } }: Study, inspection: Inspection): void {
  if (candidates.from !== "names") return;
  const cuts = candidates.names.map((named) => inModelOrder([named].flat(), inspection.index));
  const said = cuts.flatMap((cut) => cutProblem(cut, inspection) ?? []);
  if (said.length > 0) {
    const lists = cuts.some(({ length }) => length > 1) ? "sei inspect --cuts" : "sei inspect";
    throw refused("ERR_CUT_UNKNOWN", `${said.join("; ")}; \`${lists}\` lists them`);
  }
  const twice = cuts.findIndex((cut, i) => cuts.findIndex((other) => cutName(other) === cutName(cut)) < i);
  if (twice >= 0)
    throw refused("ERR_CUT_UNKNOWN", `${namedCutText(candidates.names[twice]!)} is the same cut as one before it`);
  for (const cut of cuts) {
    const reason = unfitReason(cut, inspection);
    if (reason !== undefined) throw refused("ERR_CUT_UNFIT", reason);
  }
}

const refused = (code: "ERR_CUT_UNKNOWN" | "ERR_CUT_UNFIT", message: string): InputError =>
  new InputError(code, `explore.candidates: ${message}`);

/** The cuts that a study names, in the model's order, each with its tensors in the order in which the model makes them. */
export function namedCuts(names: readonly NamedCut[], { index }: Inspection): Cut[] {
  const before = (cut: Cut): number => nodesTowards(index, cut).filter((is, i) => is && index.live[i]).length;
  return names
    .map((named) => inModelOrder([named].flat(), index))
    .map((cut) => ({ cut, before: before(cut) }))
    .sort((a, b) => a.before - b.before)
    .map(({ cut }) => cut);
}

/**
 * In the order in which they are fed or made; so that the same tensors are the same cut. Sizes, which cross where `sei inspect`
 * leaves them open, are constants of a model whose samples have one size: what nothing needs then is left out.
 */
export function inModelOrder(cut: readonly string[], index: GraphIndex): Cut {
  const wanted = new Set(cut);
  const { inputs, nodes, producer, consumers, live, outputs } = index;
  const made = [...inputs, ...nodes.flatMap(({ output }) => output)].filter((name) => wanted.has(name));
  const all = [...new Set([...made, ...cut])];
  const needed = nodesTowards(index, outputs);
  const crossing = all.filter((name) => {
    const maker = producer.get(name);
    if (maker === undefined) return true;
    return live[maker] && (outputs.includes(name) || (consumers.get(name) ?? []).some((i) => needed[i]));
  });
  return crossing.length > 0 ? crossing : all;
}

/**
 * The cut that a command is given by name: its tensors with commas.
 *
 * @throws InputError ERR_CUT_UNKNOWN where it is none, or cannot be sent
 */
export function cutAt(at: string, inspection: Inspection, model: string): Cut {
  const { index, cuts } = inspection;
  const cut = inModelOrder(nameList([at], [...index.inputs, ...index.producer.keys()]), index);
  const listed = cuts.map(({ tensors: [name] }) => name!);
  const problem =
    cut.length === 1 && !listed.includes(cut[0]!)
      ? `"${cut[0]}" is no cut of ${model}${nearest(cut[0]!, listed)}; \`sei inspect\` lists them`
      : (cutProblem(cut, inspection) ?? unfitReason(cut, inspection));
  if (problem === undefined) return cut;
  throw new InputError("ERR_CUT_UNKNOWN", `--at: ${problem}`);
}

/** Why no design can send these tensors: numbers go frame by frame, as many of each; undefined where it can. */
export function unfitReason(cut: Readonly<Cut>, inspection: Inspection): string | undefined {
  const { seen, batch, opaque } = inspection;
  for (const name of cut) {
    const found = seen.get(name);
    const numbers = found && found.type !== "string" && found.type !== "bfloat16";
    const what = found ? `${found.type} [${found.dims.join(", ")}]` : (opaque.get(name) ?? "no tensor");
    if (!numbers || found.dims[0] !== (batch?.size ?? 1))
      return `"${name}" holds ${what}; expected numbers with the batch as first dimension`;
    if (isSizedByValues(inspection, name))
      return `"${name}" holds ${found.type} [${declaredText(name, inspection)}], more or fewer numbers from frame to frame; expected as many each time`;
  }
  return undefined;
}

const declaredText = (name: string, { declared }: Inspection): string => declared.get(name)!.dims.join(", ");

/** Whether a design can split at a cut of several tensors. */
export function isUsable(cut: Readonly<Cut>, inspection: Inspection): boolean {
  return unfitReason(cut, inspection) === undefined && illegalReason(cut, inspection) === undefined;
}

/** Of the cuts of several tensors that are worth a look, those that a design can use. */
export function usableSeveral(inspection: Inspection): Cut[] {
  return severalCuts(inspection)
    .map(({ tensors }) => inModelOrder(tensors, inspection.index))
    .filter((cut) => isUsable(cut, inspection));
}

/** What is wrong with a cut; undefined where it separates the model and nothing of it is superfluous. */
export function cutProblem(cut: Cut, inspection: Inspection): string | undefined {
  const { cuts, index } = inspection;
  const known = [...index.inputs, ...index.producer.keys()];
  const unknown = cut.filter((name) => !known.includes(name));
  const alone = cut.length === 1;
  if (unknown.length > 0 && !alone)
    return unknown.map((name) => `the model has no tensor "${name}"${nearest(name, known)}`).join("; ");
  if (unknown.length > 0) return unknownText(unknown[0]!, inspection, known);
  if (alone && cuts.some(({ tensors: [name] }) => name === cut[0])) return undefined;
  const reason = illegalReason(cut, inspection);
  if (reason === undefined) return alone ? `${quoted(cut)} is no legal cut` : undefined;
  const whole = planAt(cut, index, inspection.state) instanceof InputError ? completed(cut, inspection) : undefined;
  if (!whole) return reason;
  const [missing, spare] = [whole.filter((name) => !cut.includes(name)), cut.filter((name) => !whole.includes(name))];
  const clauses = [
    ...(missing.length > 0 ? [`${quoted(missing)} ${are(missing)} missing`] : []),
    ...(spare.length > 0 ? [`${quoted(spare)} ${are(spare)} superfluous`] : []),
  ];
  return `${quoted(cut)} ${alone ? "is no legal cut" : "are no cut"}: ${clauses.join(", ")}; expected ${namedCutText(whole)}`;
}

function unknownText(name: string, { cuts }: Inspection, known: readonly string[]): string {
  const parts = name.split(",").map((part) => part.trim());
  if (parts.length > 1 && parts.every((part) => known.includes(part)))
    return `"${name}" is no tensor; expected a list for a cut of several, ${namedCutText(parts)}`;
  const legal = cuts.map(({ tensors: [tensor] }) => tensor!);
  return `"${name}" is no legal cut${nearest(name, legal)}`;
}

/** Why these tensors are no cut at which a design can split, in the splitter's words; undefined where they are. */
function illegalReason(cut: Readonly<Cut>, { index, output, state }: Inspection): string | undefined {
  const plan = planAt(cut, index, state);
  if (plan instanceof InputError) return plan.message;
  const spare = cut.filter((name) => !plan.cuts[0]!.includes(name));
  if (spare.length > 0) {
    const them = spare.length > 1 ? "them" : "it";
    return `of ${quoted(cut)} ${quoted(spare)} ${are(spare)} superfluous: nothing behind the cut reads ${them}`;
  }
  const answers = plan.segments[1]!.outputs.includes(output.name);
  return answers ? undefined : `the output "${output.name}" does not depend on ${quoted(cut)}`;
}

/** Head and tail at a cut, or why there are none. */
function planAt(cut: Readonly<Cut>, index: GraphIndex, state: readonly StatePair[]): Plan | InputError {
  try {
    return planSegments(index, [cut], state);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

/**
 * The cut behind all that these tensors need, and nothing more: those of them that are read later, and what else is made
 * before them and read later. Undefined where that is no cut either, or cannot be sent.
 */
function completed(cut: Cut, inspection: Inspection): Cut | undefined {
  const { index } = inspection;
  const head = nodesTowards(index, cut);
  const there = new Set(index.inputs);
  index.nodes.forEach(({ output }, i) => {
    if (head[i] && index.live[i]) for (const name of output) there.add(name);
  });
  const { used } = reachBack(
    index,
    index.outputs.filter((name) => !there.has(name)),
    there,
  );
  const whole = inModelOrder([...used], index);
  return whole.length > 0 &&
    illegalReason(whole, inspection) === undefined &&
    unfitReason(whole, inspection) === undefined
    ? whole
    : undefined;
}

const are = (names: readonly string[]): string => (names.length > 1 ? "are" : "is");

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");
