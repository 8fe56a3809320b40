/** @file The designs that a study spans. */
import {
  endsOf,
  isPictureInput,
  pathBetween,
  routesOf,
  usualInputs,
  type RemoteInput,
  type Route,
  type Routes,
  type Study,
} from "../study/index.ts";
import { usualOrder, type OrderKind } from "../wire/index.ts";
import {
  bottleneckSpec,
  codecName,
  type NamedBottleneck,
  type CodecSpec,
  type Crossing,
  type Cut,
  type Design,
} from "./design.ts";

/** The ends of a model: the tensors that it takes and those that it answers with. */
export interface ModelEnds {
  inputs: Cut;
  outputs: Cut;
}

type Asked = Pick<Study, "hosts" | "links" | "frames">;

/** The whole model where frames are captured. */
export function localDesign(study: Asked, { inputs, outputs }: ModelEnds): Design {
  const { capturing } = endsOf(study);
  return due(study, { segments: [{ host: capturing, from: inputs, to: outputs }], crossings: [] });
}

/** The ways over which a study's designs may lie, by how often they cross: what is captured is a cut too. */
export function routesTried(study: Asked & { explore: Pick<Study["explore"], "cuts" | "hosts"> }): Routes {
  const { cuts = Math.min(2, Object.keys(study.hosts).length - 1), hosts } = study.explore;
  const { routes, ...found } = routesOf(study, cuts);
  const runs = (host: string): boolean => hosts === undefined || hosts.includes(host);
  return { ...found, routes: routes.filter((route) => route.hosts.slice(1).every(runs)) };
}

/** Whether the capturing host may run a part of the model. */
export const runsWhereCaptured = ({ explore, frames }: Pick<Study, "frames" | "explore">): boolean =>
  explore.hosts?.includes(frames.host) ?? true;

const routesCrossing = (study: Asked & Pick<Study, "explore">, times: number): Route[] =>
  routesTried(study).routes.filter(({ links }) => links.length === times);

/** The shortest way to the host that a study's frames may be sent to. */
function usualRoute(study: Asked): Route {
  const { capturing, other } = endsOf(study);
  return { hosts: [capturing, other], links: [linksBetween(study, capturing, other)] };
}

/** What is captured is sent, coded, and the whole model runs on the other host: the route's second (default: the study's last). */
export function remoteDesign(
  study: Asked,
  { inputs, outputs }: ModelEnds,
  input: RemoteInput,
  order?: OrderKind,
  { hosts, links }: Route = usualRoute(study),
): Design {
  return due(study, {
    segments: [{ host: hosts[1]!, from: inputs, to: outputs }],
    crossings: [{ after: -1, links: links[0]!, codec: inputCodec(input, order), transport: { kind: "tcp" } }],
  });
}

function inputCodec({ format, quality }: RemoteInput, order?: OrderKind): CodecSpec {
  return { kind: format, ...(quality !== undefined && { quality }), ...(order && { order }) };
}

/** A cut and how it crosses. */
export interface Crossed {
  cut: Cut;
  codec: string;
  order?: OrderKind | undefined;
  step?: number;
  bottleneck?: NamedBottleneck | undefined;
}

/**
 * Split at cuts, over as many hosts in a row: crossing k goes from hosts[k] to hosts[k + 1].
 * @param links by name, of each crossing; default: as few as there can be
 */
export function splitDesign(
  study: Asked,
  { inputs, outputs }: ModelEnds,
  hosts: readonly string[],
  crossed: readonly Crossed[],
  links: readonly (readonly string[])[] = hosts.slice(1).map((host, k) => linksBetween(study, hosts[k]!, host)),
): Design {
  const cuts = [inputs, ...crossed.map(({ cut }) => cut), outputs];
  const crossings = crossed.map(({ codec, order, step, bottleneck }, after): Crossing => ({
    after,
    links: [...links[after]!],
    codec: { kind: codec, ...(order && { order }), ...(step !== undefined && step !== 1 && { step }) },
    ...(bottleneck && { bottleneck: bottleneckSpec(bottleneck) }),
    transport: { kind: "tcp" },
  }));
  return due(study, {
    segments: hosts.map((host, i) => ({ host, from: cuts[i]!, to: cuts[i + 1]! })),
    crossings,
  });
}

/** What is captured goes to a route's second host, and from there on the model is split. */
function relayedDesign(
  study: Asked,
  ends: ModelEnds,
  { hosts, links }: Route,
  input: RemoteInput,
  crossed: readonly Crossed[],
): Design {
  const { crossings, ...split } = splitDesign(study, ends, hosts.slice(1), crossed, links.slice(1));
  // All tensors of a design go in one order.
  const order = isPictureInput(input) ? undefined : crossed[0]?.order;
  const first = { after: -1, links: links[0]!, codec: inputCodec(input, order), transport: { kind: "tcp" } as const };
  return { ...split, crossings: [first, ...crossings] };
}

/** What a study explores without splitting: LC, and RC to every host with each of its inputs (default: as of pictures). */
export function wholeDesigns(study: Asked & Pick<Study, "explore">, ends: ModelEnds): Design[] {
  const { inputs = usualInputs.pictures } = study.explore;
  return [
    ...(isTried(study, "LC") ? [localDesign(study, ends)] : []),
    ...(isTried(study, "RC") ? inputs.flatMap((input) => remoteDesigns(study, ends, input)) : []),
  ];
}

/** Whether designs of a kind are made: RC alone needs nothing of the host that captures. */
export function isTried(study: Pick<Study, "frames" | "explore">, kind: "LC" | "RC" | "SC"): boolean {
  return study.explore.scenarios.includes(kind) && (kind === "RC" || runsWhereCaptured(study));
}

/** What is captured, sent as one input in each order that the study explores (pictures have their own), to each host that may run the model. */
export function remoteDesigns(study: Asked & Pick<Study, "explore">, ends: ModelEnds, input: RemoteInput): Design[] {
  const tried = isPictureInput(input) ? [undefined] : ordersTried(study.explore);
  return routesCrossing(study, 1).flatMap((route) =>
    tried.map((order) => remoteDesign(study, ends, input, order, route)),
  );
}

/** What crosses a cut, one after the other, that a search found beside the study's own codecs. */
export interface Found {
  codec: string;
  step: number;
}

/**
 * What a study explores at cuts, the first of which lies before the others: each of its codecs at each of them, in each of its
 * orders, over every row of so many hosts and one.
 * @param bottleneck where there is one cut
 * @param found by a search at the one cut, which the study's own codecs do not know
 */
export function designsAtCuts(
  study: Asked & Pick<Study, "explore">,
  ends: ModelEnds,
  cuts: readonly Cut[],
  bottleneck?: NamedBottleneck,
  found?: Found,
): Design[] {
  if (!runsWhereCaptured(study)) return [];
  return routesCrossing(study, cuts.length).flatMap(({ hosts, links }) =>
    crossedBy(study.explore, cuts, bottleneck, found).map((crossed) => splitDesign(study, ends, hosts, crossed, links)),
  );
}

/** The same at one cut. */
export const designsAtCut = (
  study: Asked & Pick<Study, "explore">,
  ends: ModelEnds,
  cut: Cut,
  bottleneck?: NamedBottleneck,
  found?: Found,
): Design[] => designsAtCuts(study, ends, [cut], bottleneck, found);

/** What is captured is sent as an input to a host that runs the head, and the model is split behind it: in rows of two hosts more than cuts. */
export function relayedDesigns(
  study: Asked & Pick<Study, "explore">,
  ends: ModelEnds,
  input: RemoteInput,
  cuts: readonly Cut[],
): Design[] {
  return routesCrossing(study, cuts.length + 1).flatMap((route) =>
    crossedBy(study.explore, cuts).map((crossed) => relayedDesign(study, ends, route, input, crossed)),
  );
}

/** Every choice of codecs at cuts, in one order of sending each. */
function crossedBy(
  explore: Study["explore"],
  cuts: readonly Cut[],
  bottleneck?: NamedBottleneck,
  found?: Found,
): Crossed[][] {
  const own = explore.codecs.map((codec): Found => ({ codec, step: 1 }));
  const known = own.some(({ codec, step }) => codec === found?.codec && step === found.step);
  const tried = [...own, ...(found && !known ? [found] : [])];
  let choices: Found[][] = [[]];
  for (let k = 0; k < cuts.length; k++) choices = choices.flatMap((list) => tried.map((one) => [...list, one]));
  return choices.flatMap((codings) =>
    ordersTried(explore).map((order) => cuts.map((cut, k) => ({ cut, ...codings[k]!, order, bottleneck }))),
  );
}

/** The orders of sending; undefined is the tensor's own. It is what a stream has, where nothing is lost, in any case. */
function ordersTried({
  orders = [usualOrder],
  transports = ["tcp"],
}: Partial<Study["explore"]>): (OrderKind | undefined)[] {
  const datagrams = transports.includes("udp") ? orders.filter((order) => order !== "tensor") : [];
  const own = orders.includes("tensor") || transports.includes("tcp");
  return [...(own ? [undefined] : []), ...datagrams];
}

/**
 * An exit at a cut on the capturing host, and what becomes of frames that it is not sure of: the rest runs there too (LC),
 * on the other host (SC, by each codec), or what was captured is sent (RC, as each input), as the study explores them.
 */
export function exitDesigns(
  study: Asked & Pick<Study, "explore">,
  ends: ModelEnds,
  cut: Cut,
  threshold: number,
): { rest: "LC" | "RC" | "SC"; input?: RemoteInput; codec?: string; design: Design }[] {
  const { frames, explore } = study;
  const { inputs = usualInputs.pictures, codecs } = explore;
  const exits = [{ after: 0, head: "exit", threshold }];
  const head = { host: frames.host, from: ends.inputs, to: cut };
  const local = due(study, {
    segments: [head, { host: frames.host, from: cut, to: ends.outputs }],
    crossings: [],
    exits,
  });
  const remote = inputs.flatMap((input) =>
    remoteDesigns(study, ends, input).map(({ crossings, segments, ...more }) => {
      const past = crossings.map((crossing) => ({ ...crossing, after: 0 }));
      return { rest: "RC" as const, input, design: { ...more, segments: [head, ...segments], crossings: past, exits } };
    }),
  );
  const split = routesCrossing(study, 1).flatMap(({ hosts, links }) =>
    codecs.flatMap((codec) =>
      ordersTried(study.explore).map((order) => ({
        rest: "SC" as const,
        codec,
        design: { ...splitDesign(study, ends, hosts, [{ cut, codec, order }], links), exits },
      })),
    ),
  );
  const all = [{ rest: "LC" as const, design: local }, ...remote, ...split];
  return runsWhereCaptured(study) ? all.filter(({ rest }) => explore.scenarios.includes(rest)) : [];
}

/** With the answer's way, where it is due on another host than the last segment's. */
function due(study: Asked, design: Design): Design {
  const at = design.segments.at(-1)!.host;
  const { host } = study.frames.answer;
  return host === at
    ? design
    : { ...design, answer: { links: linksBetween(study, at, host), transport: { kind: "tcp" } } };
}

function linksBetween(study: Asked, from: string, to: string): string[] {
  return pathBetween(study, from, to).map(({ name }) => name);
}

/** `raw`, `jpeg-90`. */
export function inputName({ format, quality }: RemoteInput): string {
  return codecName({ kind: format, ...(quality !== undefined && { quality }) });
}
