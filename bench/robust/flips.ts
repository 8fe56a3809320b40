/**
 * @file Single bits flipped in what is kept, then run again: `node bench/robust/flips.ts [runs]`. The result must be that of
 * an undisturbed run, every time.
 */
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freeze, lasting, openPlace, stream, tries } from "./run.ts";

const place = await openPlace();
const random = stream(3);
const design = async (file: string, out: string): Promise<string> => {
  const { code, stderr } = await place.start("design", file, "--out", out).ended;
  if (code !== 0 && code !== 3) throw new Error(`${String(code)}\n${stderr}`);
  return lasting(place.at(out));
};
await design("study.yaml", "first");
await freeze(place);
const whole = await design("frozen.yaml", "whole");
await cp(place.at("cache"), place.at("kept"), { recursive: true });
const names = await readdir(place.at("kept"));
let different = 0;
for (let i = 0; i < tries(50); i++) {
  await rm(place.at("cache"), { recursive: true });
  await cp(place.at("kept"), place.at("cache"), { recursive: true });
  // One in ten of the entries.
  for (const name of names.filter(() => random() < 0.1)) {
    const bytes = await readFile(join(place.at("cache"), name));
    const bit = Math.floor(random() * 8 * bytes.length);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    await writeFile(join(place.at("cache"), name), bytes);
  }
  if ((await design("frozen.yaml", "flipped")) !== whole) different++;
}
console.table({ runs: tries(50), entries: names.length, different });
await place.remove();
process.exitCode = different > 0 ? 1 : 0;
