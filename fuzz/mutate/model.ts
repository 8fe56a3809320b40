/** @file Mutations of ONNX models that stay well-formed messages: names, types, sizes, nodes, attributes. */
import type { Random } from "../../packages/core/random/index.ts";
import { parseModel, serialiseModel } from "../../packages/core/dist/onnx/index.js";

const whole = [0, 1, -1, 2, 3, 7, 16, 255, 2 ** 31 - 1, -(2 ** 31)];
const long = [0n, 1n, -1n, 2n, 64n, 2n ** 31n, 2n ** 62n, -(2n ** 63n), 2n ** 63n - 1n];
const names = ["", "image", "__proto__", "constructor", "\u001b[31m", "\n", "x".repeat(300)];
const operators = [
  "Relu",
  "Conv",
  "MatMul",
  "Reshape",
  "Squeeze",
  "If",
  "Loop",
  "SequenceEmpty",
  "DepthToSpace",
  "LSTM",
];

/** One to six changes of a serialised model; where the change cannot be written, the model as it was. */
export function mutateModel(bytes: Uint8Array, random: Random): Uint8Array {
  const model = parseModel(bytes, "seed");
  const changes = 1 + (random.integer(3) === 0 ? random.integer(6) : 0);
  for (let i = 0; i < changes; i++) change(model, random);
  try {
    return serialiseModel(model);
  } catch {
    return bytes;
  }
}

type Message = { [field: string]: unknown };

interface Location {
  holder: Message | unknown[];
  key: string | number;
  value: unknown;
}

/** All fields of all messages, lists and their elements, but not the bytes of weights. */
function placesIn(root: Message): Location[] {
  const found: Location[] = [];
  const open: (Message | unknown[])[] = [root];
  for (let holder = open.pop(); holder; holder = open.pop()) {
    for (const [key, value] of Object.entries(holder)) {
      if (key.startsWith("$")) continue;
      found.push({ holder, key: Array.isArray(holder) ? Number(key) : key, value });
      if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
        if (!Array.isArray(value) || value.length < 2000) open.push(value as Message);
      }
    }
  }
  return found;
}

function change(root: Message, random: Random): void {
  const places = placesIn(root);
  const { holder, key, value } = places[random.integer(places.length)]!;
  const put = (next: unknown): void => {
    (holder as Message)[key] = next;
  };
  if (typeof value === "number") put(whole[random.integer(whole.length)]!);
  else if (typeof value === "bigint") put(long[random.integer(long.length)]!);
  else if (typeof value === "string") put(text(key, places, random));
  else if (value instanceof Uint8Array) put(value.slice(0, random.integer(value.length + 1)));
  else if (Array.isArray(value)) changeList(value, random);
  else if (Array.isArray(holder)) holder.splice(Number(key), 1);
}

function text(key: string | number, places: readonly Location[], random: Random): string {
  if (key === "opType") return operators[random.integer(operators.length)]!;
  // A name that stands elsewhere: cycles, names twice, other inputs.
  const strings = places.flatMap(({ value }) => (typeof value === "string" ? [value] : []));
  return random.integer(3) === 0 ? names[random.integer(names.length)]! : strings[random.integer(strings.length)]!;
}

function changeList(list: unknown[], random: Random): void {
  if (list.length === 0) return;
  const at = random.integer(list.length);
  const other = random.integer(list.length);
  switch (random.integer(4)) {
    case 0:
      list.splice(at, 1);
      break;
    case 1:
      list.splice(at, 0, list[other]);
      break;
    case 2:
      [list[at], list[other]] = [list[other], list[at]];
      break;
    default:
      list.length = at;
  }
}
