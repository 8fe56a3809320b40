/** @file Short names for tensors and designs that stay unique; exporters write long ones. */
import {
  carriesCapture,
  cutName,
  crossingCut,
  exitCut,
  wordsOf,
  type Cut,
  type Design,
  type DesignResult,
  type Result,
} from "@split-et-impera/core/design";
import { oneLine } from "./html.ts";

export interface Names {
  /** A tensor as a reader knows it: `features.43/MaxPool` for `/features/features.43/MaxPool_output_0`; of a cut of several, all. */
  tensor(name: string): string;
  /** As short as it can be while no two are alike: `features.43`; of a cut of several, all, but not at any length. */
  brief(name: string): string;
  /** A design with the tensor's briefest name, for labels in charts. */
  label(id: string): string;
  /** Without what the names of all cuts begin with, for labels in narrow charts: `SC@…43 uint8 tcp`. */
  tiny(id: string): string;
}

/** The short names of one result. Unknown names come back as they are. */
export function namesOf(result: Result): Names {
  const tensors = new Set<string>();
  /** Of every cut of several tensors, by its name, the tensors. */
  const sets = new Map<string, readonly string[]>();
  const add = (cut: readonly string[]): void => {
    if (cut.length > 1) sets.set(cutName(cut), cut);
    for (const name of cut) tensors.add(name);
  };
  for (const point of result.saliency?.points ?? []) add([point.tensor]);
  for (const design of result.designs) for (const cut of cutsOf(design)) add(cut);
  for (const { cut } of result.optimum?.placements ?? []) {
    if (cut !== undefined && !tensors.has(cut) && !sets.has(cut)) add(cut.split(","));
  }
  const all = [...tensors];
  const path = commonPath(all.map(tidy));
  const within = (name: string): string => shorten(tidy(name).slice(path.length));
  const bare = (name: string): string => withoutOperator(within(name));
  const medium = unique(all, [within, tidy]);
  const brief = unique(all, [(name) => ellipsis(bare(name), 18), bare, within, tidy]);
  const cuts = [
    ...new Set(
      result.designs
        .flatMap(cutsOf)
        .flat()
        .map((name) => brief.get(name) ?? name),
    ),
  ];
  const same = commonStart(cuts).length;
  const rest = (name: string): string => (same > 2 ? `…${bare(name).slice(same)}` : bare(name));
  const tiny = unique(all, [(name) => ellipsis(rest(name), 9), (name) => brief.get(name) ?? name]);
  for (const names of [medium, brief, tiny]) {
    const together = (name: string): string =>
      sets
        .get(name)!
        .map((one) => names.get(one) ?? one)
        .join(", ");
    const short = (name: string): string => ellipsis(together(name), names === medium ? Infinity : 26);
    for (const [name, text] of unique([...sets.keys()], [short, together])) names.set(name, text);
  }
  const designs = new Map(result.designs.map((design) => [design.id, design]));
  const designName = (id: string, names: Map<string, string>): string => {
    const design = designs.get(id);
    return oneLine(
      (design ? cutsOf(design).map(cutName) : []).reduce(
        (text, cut) => text.replace(cut, () => names.get(cut) ?? cut),
        id,
      ),
    );
  };
  return {
    tensor: (name) => medium.get(name) ?? oneLine(name),
    brief: (name) => brief.get(name) ?? oneLine(name),
    label: (id) => designName(id, brief),
    tiny: (id) => designName(id, tiny),
  };
}

/** What a design is cut at. */
function cutsOf(design: Design): Cut[] {
  const crossed = design.crossings.filter((crossing) => !carriesCapture(design, crossing));
  const all = [
    ...(design.exits ?? []).map((exit) => exitCut(design, exit)),
    ...crossed.map((crossing) => crossingCut(design, crossing)),
  ];
  return [...new Map(all.map((cut) => [cutName(cut), cut])).values()];
}

/** The first way of shortening under which no two names are alike; failing all, the names themselves. */
function unique(names: readonly string[], ways: readonly ((name: string) => string)[]): Map<string, string> {
  const result = new Map<string, string>();
  const taken = new Set<string>();
  let rest = [...names];
  for (const way of ways) {
    const groups = Map.groupBy(rest, way);
    for (const [short, members] of groups) {
      if (members.length > 1 || short === "" || taken.has(short)) continue;
      result.set(members[0]!, short);
      taken.add(short);
    }
    rest = rest.filter((name) => !result.has(name));
  }
  for (const name of rest) result.set(name, oneLine(name));
  return result;
}

/** Without what exporters add: a leading slash, `_output_0`, TensorFlow's `:0`. */
function tidy(name: string): string {
  return oneLine(name)
    .replace(/^\/+/, "")
    .replace(/(_output_0|:0)$/, "");
}

/** The folders in which all names lie: `model/backbone/`. */
function commonPath(names: readonly string[]): string {
  const start = commonStart(names);
  return start.slice(0, start.lastIndexOf("/") + 1);
}

/** Without segments that the next one repeats: `layer1/layer1.0/conv1` is `layer1.0/conv1`. */
function shorten(name: string): string {
  const segments = name.split("/");
  const kept = segments.filter(
    (segment, i) => !segments[i + 1]?.startsWith(`${segment}.`) && segment !== segments[i + 1],
  );
  return ellipsis(kept.join("/"), 32);
}

/** What all names begin with, up to a separator: `features.` of `features.3` and `features.13`. */
function commonStart(names: readonly string[]): string {
  const [first = "", ...others] = names;
  if (others.length === 0) return "";
  let end = first.length;
  while (!others.every((name) => name.startsWith(first.slice(0, end)))) end--;
  return /^.*[./_]/.exec(first.slice(0, end))?.[0] ?? "";
}

const withoutOperator = (name: string): string => name.replace(/\/[A-Z][A-Za-z]*(_\d+)?$/, "");

/** At most `most` characters: the middle goes, because names differ at their ends. */
export function ellipsis(text: string, most: number): string {
  const characters = Array.from(text);
  if (characters.length <= most) return text;
  const head = Math.ceil((most - 1) / 3);
  return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - (most - 1 - head)).join("")}`;
}

/** What a design does, in words, for titles: `split at features.43, uint8, 64-fold bottleneck, over tcp`. */
export function describeDesign(design: DesignResult, names: Names): string {
  const words: string[] = [];
  const { cut, exit, codec, order, bottleneck, lossy, transport, datagram, resend, protection, concealment } =
    wordsOf(design);
  if (exit !== undefined) words.push(`exit at ${names.tensor(exit)}`);
  if (exit !== undefined && design.crossings.length === 0) words.push("else the rest on the capturing host");
  if (exit !== undefined && cut === undefined && codec !== undefined) words.push("else the input is sent");
  if (design.kind === "LC") words.push("everything on the capturing host");
  if (design.kind === "RC") words.push("the input is sent");
  if (cut !== undefined) words.push(`${exit === undefined ? "" : "else "}split at ${names.tensor(cut)}`);
  if (codec !== undefined) words.push(order === undefined ? codec : `${codec} in ${order} order`);
  if (bottleneck !== undefined) words.push(`${bottleneck}-fold bottleneck${lossy ? " trained for losses" : ""}`);
  if (transport) words.push(`over ${transport}`);
  if (datagram !== undefined) words.push(`in ${datagram}-byte datagrams`);
  if (resend) words.push("lost ones asked for again");
  if (protection !== undefined) words.push(`with ${protection}`);
  if (concealment !== undefined) words.push(`lost values from ${concealment}`);
  return oneLine(words.join(", "));
}
