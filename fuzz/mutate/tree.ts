/** @file Mutations of plain data (JSON, YAML): values, keys and branches. */
import type { Random } from "../../packages/core/random/index.ts";

type Tree = null | boolean | number | string | Tree[] | { [key: string]: Tree };

const numbers = [0, -0, -1, 1, 0.5, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, 1e300, -1e300, 1e-300, 51.15, 268, 65_508];
const texts = [
  "",
  " ",
  "0",
  "-1",
  "nan",
  "inf",
  "1e300 s",
  "-5 ms",
  "0 B",
  "1e300 bit/s",
  "9600 bit/s",
  "100 %",
  "1/0",
  "../..",
  "/dev/null",
  "__proto__",
  "constructor",
  "toString",
  "\u001b[31m\u0007\r\n",
  "<img src=x>",
  "input",
  "latency p95 <= 50 ms",
];
const keys = ["__proto__", "constructor", "toString", "length", "", "extra", "0", "\u001b[2J"];

/** One to four changes of a tree; the tree given stays as it is. */
export function mutateTree(value: unknown, random: Random): unknown {
  const root = { tree: structuredClone(value) as Tree };
  const changes = 1 + (random.integer(3) === 0 ? random.integer(4) : 0);
  for (let i = 0; i < changes; i++) change(root, random);
  return root.tree;
}

function change(root: { tree: Tree }, random: Random): void {
  const places = placesIn(root);
  const { holder, key } = places[random.integer(places.length)]!;
  const old = holder[key]!;
  switch (random.integer(8)) {
    case 0:
      put(holder, key, numbers[random.integer(numbers.length)]!);
      break;
    case 1:
      put(holder, key, texts[random.integer(texts.length)]!);
      break;
    case 2:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else if (key !== "tree") delete holder[key];
      break;
    case 3: {
      const other = places[random.integer(places.length)]!;
      const taken = structuredClone(other.holder[other.key]!);
      if (sizeOf(taken) < 2000) put(holder, key, taken);
      break;
    }
    case 4:
      if (typeof old === "object" && old !== null && !Array.isArray(old)) {
        put(old, keys[random.integer(keys.length)]!, texts[random.integer(texts.length)]!);
      } else put(holder, key, [old]);
      break;
    case 5:
      put(holder, key, nested(old, 1 + random.integer(60), random));
      break;
    case 6:
      if (Array.isArray(old) && old.length > 0 && sizeOf(old) < 50) {
        put(
          holder,
          key,
          Array.from({ length: random.integer(200) }, (_, i) => structuredClone(old[i % old.length]!)),
        );
      } else put(holder, key, null);
      break;
    default:
      put(holder, key, tweaked(old, random));
  }
}

/** Also where the key is `__proto__`, which an assignment would take for the prototype. */
function put(holder: Tree[] | { [key: string]: Tree }, key: string, value: Tree): void {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}

function tweaked(value: Tree, random: Random): Tree {
  if (typeof value === "number") return [-value, value * 1e9, value / 1e9, value + 1, value - 1][random.integer(5)]!;
  if (typeof value === "boolean") return !value;
  if (typeof value !== "string" || value === "") return [];
  const at = random.integer(value.length);
  return [
    value.slice(0, at) + value.slice(at + 1),
    value.slice(0, at) + "\0" + value.slice(at),
    value.replace(/\d+/, (digits) => `${digits}${"0".repeat(random.integer(300))}`),
    `-${value}`,
    value.repeat(1 + random.integer(500)).slice(0, 20_000),
    value.toUpperCase(),
  ][random.integer(6)]!;
}

function nested(value: Tree, depth: number, random: Random): Tree {
  let now = value;
  for (let i = 0; i < depth; i++) now = random.integer(2) === 0 ? [now] : { more: now };
  return now;
}

interface Location {
  holder: { [key: string]: Tree };
  key: string;
}

function placesIn(root: { [key: string]: Tree }): Location[] {
  const found: Location[] = [];
  const open = [root];
  for (let holder = open.pop(); holder; holder = open.pop()) {
    for (const key of Object.keys(holder)) {
      found.push({ holder, key });
      const value = holder[key];
      if (typeof value === "object" && value !== null) open.push(value as { [key: string]: Tree });
    }
  }
  return found;
}

const sizeOf = (tree: Tree): number => JSON.stringify(tree)?.length ?? 0;
