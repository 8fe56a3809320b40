/** @file The designs that a study spans. */
import {
  endsOf,
  isPictureInput,
  pathBetween,
  usualInputs,
  type BottleneckOptions,
  type RemoteInput,
  type Study,
} from "../study/index.ts";
import { datagramPayload } from "./way.ts";
import { codecs, usualConcealment, usualOrder, type OrderKind, type ProtectionSpec } from "../wire/index.ts";
import {
  codecName,
  type CodecSpec,
  type Crossing,
  type Cut,
  type Design,
  type TransportName,
  type TransportSpec,
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

/** What is captured is sent, coded, and the whole model runs on the other host. */
export function remoteDesign(
  study: Asked,
  { inputs, outputs }: ModelEnds,
  input: RemoteInput,
  order?: OrderKind,
): Design {
  const { capturing, other } = endsOf(study);
  const { format, quality } = input;
  const codec = { kind: format, ...(quality !== undefined && { quality }), ...(order && { order }) };
  return due(study, {
    segments: [{ host: other, from: inputs, to: outputs }],
    crossings: [{ after: -1, links: linksBetween(study, capturing, other), codec, transport: { kind: "tcp" } }],
  });
}

const bottleneckSpec = ({
  kind,
  compression,
}: Pick<BottleneckOptions, "kind" | "compression">): NonNullable<Crossing["bottleneck"]> => ({
  ...(kind === "pca" && { kind }),
  compression,
});

/** Split at cuts, over as many hosts in a row: crossing k goes from hosts[k] to hosts[k + 1]. */
export function splitDesign(
  study: Asked,
  { inputs, outputs }: ModelEnds,
  hosts: readonly string[],
  crossed: readonly {
    cut: Cut;
    codec: string;
    order?: OrderKind;
    step?: number;
    bottleneck?: Pick<BottleneckOptions, "kind" | "compression">;
  }[],
): Design {
  const cuts = [inputs, ...crossed.map(({ cut }) => cut), outputs];
  const crossings = crossed.map(({ codec, order, step, bottleneck }, after): Crossing => ({
    after,
    links: linksBetween(study, hosts[after]!, hosts[after + 1]!),
    codec: { kind: codec, ...(order && { order }), ...(step !== undefined && step !== 1 && { step }) },
    ...(bottleneck && { bottleneck: bottleneckSpec(bottleneck) }),
    transport: { kind: "tcp" },
  }));
  return due(study, {
    segments: hosts.map((host, i) => ({ host, from: cuts[i]!, to: cuts[i + 1]! })),
    crossings,
  });
}

/** What a study explores without splitting: LC, and RC with each of its inputs (default: as of pictures). */
export function wholeDesigns(study: Asked & Pick<Study, "explore">, ends: ModelEnds): Design[] {
  const { scenarios, inputs = usualInputs.pictures } = study.explore;
  return [
    ...(scenarios.includes("LC") ? [localDesign(study, ends)] : []),
    ...(scenarios.includes("RC") ? inputs.flatMap((input) => remoteDesigns(study, ends, input)) : []),
  ];
}

/** What is captured, sent as one input, in each order that the study explores; pictures have their own. */
export function remoteDesigns(study: Asked & Pick<Study, "explore">, ends: ModelEnds, input: RemoteInput): Design[] {
  const tried = isPictureInput(input) ? [undefined] : ordersTried(study.explore);
  return tried.map((order) => remoteDesign(study, ends, input, order));
}

/**
 * What a study explores at a cut, with or without a bottleneck: each of its codecs in each of its orders.
 * @param found by a search, which the study's own codecs do not know
 */
export function designsAtCut(
  study: Asked & Pick<Study, "explore">,
  ends: ModelEnds,
  cut: Cut,
  bottleneck?: Pick<BottleneckOptions, "kind" | "compression">,
  found?: { codec: string; step: number },
): Design[] {
  const { capturing, other } = endsOf(study);
  const own = study.explore.codecs.map((codec) => ({ codec, step: 1 }));
  const known = own.some(({ codec, step }) => codec === found?.codec && step === found.step);
  return [...own, ...(found && !known ? [found] : [])].flatMap(({ codec, step }) =>
    ordersTried(study.explore).map((order) =>
      splitDesign(study, ends, [capturing, other], [{ cut, codec, order, step, bottleneck }]),
    ),
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
  const { capturing, other } = endsOf(study);
  const { scenarios, inputs = usualInputs.pictures, codecs } = study.explore;
  const exits = [{ after: 0, head: "exit", threshold }];
  const [head] = splitDesign(study, ends, [capturing, other], [{ cut, codec: "float32" }]).segments;
  const local = due(study, {
    segments: [head!, { host: capturing, from: cut, to: ends.outputs }],
    crossings: [],
    exits,
  });
  const remote = inputs.flatMap((input) =>
    remoteDesigns(study, ends, input).map(({ crossings, segments, ...more }) => {
      const past = crossings.map((crossing) => ({ ...crossing, after: 0 }));
      const design = { ...more, segments: [head!, ...segments], crossings: past, exits };
      return { rest: "RC" as const, input, design };
    }),
  );
  const split = codecs.flatMap((codec) =>
    ordersTried(study.explore).map((order) => ({
      rest: "SC" as const,
      codec,
      design: { ...splitDesign(study, ends, [capturing, other], [{ cut, codec, order }]), exits },
    })),
  );
  const all = [{ rest: "LC" as const, design: local }, ...remote, ...split];
  return all.filter(({ rest }) => scenarios.includes(rest));
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

/** The same design with everything sent over one transport; datagrams of answers as the study says, or like the others. */
export function over<T extends Pick<Design, "crossings" | "answer">>(
  design: T,
  sent: TransportName | TransportSpec,
  study: AnswerAsked = { frames: { answer: {} } },
): T {
  const transport = typeof sent === "string" ? { kind: sent } : sent;
  const { protection } = study.frames.answer;
  const back = transport.kind === "udp" && protection ? withProtection(transport, protection) : transport;
  return {
    ...design,
    crossings: design.crossings.map((crossing) => ({ ...crossing, transport })),
    ...(design.answer && { answer: { ...design.answer, transport: back } }),
  };
}

/** What a study says of how answers are sent. */
interface AnswerAsked {
  frames: { answer: Pick<Study["frames"]["answer"], "protection"> };
}

function withProtection(
  { protection: _other, ...transport }: TransportSpec,
  protection: ProtectionSpec,
): TransportSpec {
  return protection.kind === "none" ? transport : { ...transport, protection };
}

/** What a design is tried over; undefined alone where it sends nothing. */
export function waysToSend(
  study: AnswerAsked & Pick<Study, "explore">,
  design: Pick<Design, "crossings" | "answer">,
): (TransportSpec | undefined)[] {
  if (!sends(design)) return [undefined];
  const tried = waysForCodec(study.explore, design.crossings[0]?.codec);
  // Where only the answer is sent, and by a protection of its own, what crossings have makes no difference.
  if (design.crossings.length > 0 || !study.frames.answer.protection) return tried;
  return tried.filter(({ kind }, i) => tried.findIndex((one) => one.kind === kind) === i);
}

/** Values in another order than the tensor's go as datagrams alone; what is no tensor has one way to be without a part. */
function waysForCodec(explore: Study["explore"], codec: CodecSpec | undefined): TransportSpec[] {
  const { orders = [usualOrder] } = explore;
  const isTensor = codec !== undefined && Object.hasOwn(codecs, codec.kind);
  const tried = transportsTried(isTensor ? explore : { ...explore, concealments: [usualConcealment] });
  if (!isTensor) return tried;
  const asDatagrams = codec.order !== undefined || orders.includes("tensor");
  return tried.filter(({ kind }) => (kind === "tcp" ? codec.order === undefined : asDatagrams));
}

/** How a study sends: each of its transports, datagrams in each size, asked for again or not, with each protection and concealment. */
export function transportsTried({
  transports,
  datagrams = [datagramPayload],
  resend = [false],
  protections = [{ kind: "none" }],
  concealments = [usualConcealment],
}: Study["explore"]): TransportSpec[] {
  const plain = datagrams.flatMap((datagram) =>
    resend.map((again): TransportSpec => ({
      kind: "udp",
      ...(datagram < datagramPayload && { datagram }),
      ...(again && { resend: again }),
    })),
  );
  const sent = plain.flatMap((one) =>
    protections.flatMap((protection) =>
      concealments.map((concealment) => ({
        ...withProtection(one, protection),
        ...(concealment !== usualConcealment && { concealment }),
      })),
    ),
  );
  return transports.flatMap((kind): TransportSpec[] => (kind === "udp" ? sent : [{ kind }]));
}

/** Whether anything is sent, so that the transport matters. */
export function sends({ crossings, answer }: Pick<Design, "crossings" | "answer">): boolean {
  return crossings.length > 0 || answer !== undefined;
}

/** `raw`, `jpeg-90`. */
export function inputName({ format, quality }: RemoteInput): string {
  return codecName({ kind: format, ...(quality !== undefined && { quality }) });
}
