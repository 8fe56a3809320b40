/**
 * @file Codes in units that are each read alone: which codes it holds, then these, by rANS or, where that is shorter, packed. A
 * unit takes as many codes as it has room for.
 */
import type { ByteRange, ElementRange } from "../message.ts";
import { packBits, packedBytes, unpackBits } from "../pack.ts";
import { ransDecode, ransEncode, STATE_BYTES, type RansTables } from "../rans.ts";
import { readVarint, varintBytes, writeVarint } from "../varint.ts";

/** Bytes of a unit at least: a head, the states, and a few codes. */
export const leastUnit = 32;

/** Most bytes of a unit's head for a message of so many codes: where they begin, and twice their number and one bit. */
const headBytes = (count: number): number => 2 * varintBytes(2 * count + 1);

/** Codes that a unit can hold whatever they are. */
const surelyIn = (unit: number, head: number, bits: number): number => Math.floor(((unit - head) * 8) / bits);

/** Most bytes of a message of so many codes. */
export function mostUnitBytes(count: number, bits: number, unit: number): number {
  if (count === 0) return 0;
  const head = headBytes(count);
  const each = surelyIn(unit, head, bits);
  const full = Math.floor((count - 1) / each);
  return full * unit + head + packedBytes(count - full * each, bits);
}

export interface Unit {
  bytes: ByteRange;
  elements: ElementRange;
}

export function writeUnits(
  codes: Uint8Array,
  groups: Uint16Array,
  tables: RansTables,
  bits: number,
  unit: number,
): { bytes: Uint8Array<ArrayBuffer>; units: Unit[] } {
  const into = new Uint8Array(mostUnitBytes(codes.length, bits, unit));
  const scratch = new Uint8Array(unit + 64);
  const units: Unit[] = [];
  const room = unit - headBytes(codes.length);
  let [at, from] = [0, 0];
  while (from < codes.length) {
    const start = at;
    const packed = Math.min(codes.length, from + surelyIn(unit, unit - room, bits));
    let to = fitting(codes, groups, tables, from, room);
    let coded = to > packed || to === codes.length ? ransEncode(tables, codes, groups, [from, to], scratch) : undefined;
    // The bound is one but for what states lose by rounding.
    while (coded !== undefined && scratch.length - coded > room && to > packed) {
      to = Math.max(packed, to - 16);
      coded = ransEncode(tables, codes, groups, [from, to], scratch);
    }
    const length = coded === undefined ? Infinity : scratch.length - coded;
    const byRans = length <= room && (to > packed || length < packedBytes(packed - from, bits));
    if (!byRans) to = packed;
    at = writeVarint(into, at, from);
    at = writeVarint(into, at, 2 * (to - from) + (byRans ? 1 : 0));
    const body = byRans ? scratch.subarray(coded) : packBits(codes.subarray(from, to), bits);
    into.set(body, at);
    at += body.length;
    // All but the last are full, so that they begin where datagrams do.
    if (to < codes.length) at = start + unit;
    units.push({ bytes: [start, at], elements: [from, to] });
    from = to;
  }
  return { bytes: into.slice(0, at), units };
}

/** Where the codes from `from` on surely end that rANS fits into `room`. */
function fitting(
  codes: Uint8Array,
  groups: Uint16Array,
  { costs, levels }: RansTables,
  from: number,
  room: number,
): number {
  const most = (room - STATE_BYTES - 1) * 8 * 256;
  let cost = 0;
  for (let k = from; k < codes.length; k++) {
    cost += costs[groups[k]! * levels + codes[k]!]!;
    if (cost > most) return k;
  }
  return codes.length;
}

/**
 * Reads what arrived whole into `codes`; what is no unit is passed over, and so is one that does not begin behind the one before
 * it: no code is read twice.
 * @returns which codes were read; ranges ascend
 */
export function readUnits(
  bytes: Uint8Array,
  missing: readonly ByteRange[],
  groups: Uint16Array,
  tables: RansTables,
  bits: number,
  unit: number,
  codes: Uint8Array,
): ElementRange[] {
  const read: ElementRange[] = [];
  let behind = 0;
  let hole = 0;
  for (let start = 0; start < bytes.length; start += unit) {
    const end = Math.min(bytes.length, start + unit);
    while (hole < missing.length && missing[hole]![1] <= start) hole++;
    if (hole < missing.length && missing[hole]![0] < end) continue;
    const first = readVarint(bytes, start, end);
    const second = first && readVarint(bytes, first[1], end);
    if (!second) continue;
    const [from, to] = [first[0], first[0] + Math.floor(second[0] / 2)];
    if (from < behind || to <= from || to > codes.length) continue;
    behind = to;
    const body = [second[1], end] as const;
    let found: number | undefined;
    if (second[0] % 2 === 1) found = ransDecode(tables, bytes, body, groups, codes, [from, to]);
    else {
      found = second[1] + packedBytes(to - from, bits);
      if (found <= end) codes.set(unpackBits(bytes.subarray(second[1], found), bits, to - from), from);
    }
    // Behind the last code there is nothing, behind others what is left of the unit.
    if (found !== undefined && (to === codes.length ? found === end : found <= end)) read.push([from, to]);
  }
  return read;
}
