/** @file How designs send: each over every transport that a study tries. */
import type { Study } from "../study/index.ts";
import { codecs, usualConcealment, usualOrder, type ProtectionSpec } from "../wire/index.ts";
import type { CodecSpec, Design, TransportName, TransportSpec } from "./design.ts";
import { datagramPayload } from "./way.ts";

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
  const { crossings } = design;
  const tensors = crossings.find(({ codec }) => Object.hasOwn(codecs, codec.kind));
  const tried = waysForCodec(study.explore, (tensors ?? crossings[0])?.codec);
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
