/**
 * @file What two probing hosts say to each other, in turn: 64 bytes each, whatever it is: its kind, its number, and seven values.
 *
 * A fixed size leaves no length to lie about; each value has its bounds.
 */
import { InputError } from "@split-et-impera/core/errors";

/** The fields of each kind, in the order of the wire; each a number of 0 or more. */
const kinds = {
  /** The one that connected: what it wants to spend. */
  ask: ["version", "seconds", "bytes"],
  /** The other's answer: no more than that, and no more than it allows itself. */
  agree: ["seconds", "bytes"],
  /** The other is at work for somebody else. */
  busy: [],
  /** Asks for a train of datagrams. */
  order: ["train", "count", "payload", "gapNs"],
  /** A train was sent whole. */
  sent: ["train", "count", "offeredNs"],
  /** What came of a train: the mean ns between its neighbours, of each of its parts. */
  came: ["train", "received", "between0", "between1", "between2", "between3"],
  /** Asks what came of a train of echoes. */
  echoes: ["train", "count"],
  /** What came of it: see `Losses`; and the datagrams that this host's own socket had no room for. */
  echoed: ["train", "received", "runs", "dropped"],
  done: [],
} as const;

export type ControlKind = keyof typeof kinds;
export type Control = {
  [K in ControlKind]: { kind: K } & Record<(typeof kinds)[K][number], number>;
}[ControlKind];
export type ControlOf<K extends ControlKind> = Extract<Control, { kind: K }>;

export const controlBytes = 64;
/** Of this conversation; another one is refused. */
export const probeVersion = 1;
const names = Object.keys(kinds) as ControlKind[];
const mostNumber = 2 ** 53;

/** @param number counts what this side has said, from 1 */
export function writeControl(control: Control, number: number): Uint8Array {
  const bytes = new Uint8Array(controlBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, names.indexOf(control.kind));
  view.setUint32(4, number, true);
  const values = control as unknown as Record<string, number>;
  for (const [i, field] of kinds[control.kind].entries()) view.setFloat64(8 + 8 * i, values[field]!, true);
  return bytes;
}

/** @throws InputError `ERR_MESSAGE` where the bytes are none */
export function readControl(bytes: Uint8Array): { control: Control; number: number } {
  const none = (): InputError => new InputError("ERR_MESSAGE", "sends what is no message of a probe");
  if (bytes.length !== controlBytes) throw none();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const kind = names[view.getUint8(0)];
  if (kind === undefined) throw none();
  const values = kinds[kind].map((field, i) => [field, view.getFloat64(8 + 8 * i, true)] as const);
  if (!values.every(([, value]) => value >= 0 && value <= mostNumber)) throw none();
  return { control: { kind, ...Object.fromEntries(values) } as Control, number: view.getUint32(4, true) };
}
