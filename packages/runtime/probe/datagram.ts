/** @file A probing datagram: which train it is of, and which of it; then zeros up to its size. */

/** `train`: one of many in a row, for the rate; `echo`: to be sent back; `reply`: what comes back. */
const datagramKinds = ["train", "echo", "reply"] as const;
export type DatagramKind = (typeof datagramKinds)[number];

export interface ProbeDatagram {
  kind: DatagramKind;
  /** Number of the train. */
  train: number;
  /** Its place among those that this side sent of the train. */
  index: number;
  /** In a reply: the place of the echo, and when that came and the reply went, ns of the replying clock. */
  echo: number;
  cameAt: number;
  wentAt: number;
}

/** The least payload: what is written of it. */
export const leastPayload = 32;
/** The most datagrams of a train. */
export const mostCount = 8192;

/** @param payload bytes, at least {@link leastPayload} */
export function writeDatagram(datagram: ProbeDatagram, payload: number): Uint8Array {
  const bytes = new Uint8Array(payload);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, datagramKinds.indexOf(datagram.kind));
  view.setUint16(2, datagram.train, true);
  view.setUint32(4, datagram.index, true);
  view.setUint32(8, datagram.echo, true);
  view.setFloat64(16, datagram.cameAt, true);
  view.setFloat64(24, datagram.wentAt, true);
  return bytes;
}

/** Undefined where the bytes are no such datagram. */
export function readDatagram(bytes: Uint8Array): ProbeDatagram | undefined {
  if (bytes.length < leastPayload) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const kind = datagramKinds[view.getUint8(0)];
  const index = view.getUint32(4, true);
  const echo = view.getUint32(8, true);
  if (kind === undefined || index >= mostCount || echo >= mostCount) return undefined;
  return {
    kind,
    train: view.getUint16(2, true),
    index,
    echo,
    cameAt: view.getFloat64(16, true),
    wentAt: view.getFloat64(24, true),
  };
}
