/** @file A class for every pixel as plain data: runs of equal ones. */

/** Row by row: a class, how many pixels of it, the next class, and so on. */
export interface ClassMap {
  height: number;
  width: number;
  runs: readonly number[];
}

/** Runs of the classes that `at` tells, by pixel. */
export function classMap(height: number, width: number, at: (pixel: number) => number): ClassMap {
  const runs: number[] = [];
  for (let pixel = 0; pixel < height * width; pixel++) {
    const label = at(pixel);
    if (runs.at(-2) === label) runs[runs.length - 1]!++;
    else runs.push(label, 1);
  }
  return { height, width, runs };
}

/** The classes, by pixel. */
export function pixelsOf({ height, width, runs }: ClassMap): Uint16Array {
  const pixels = new Uint16Array(height * width);
  let at = 0;
  for (let i = 0; i < runs.length; i += 2) {
    const end = at + runs[i + 1]!;
    pixels.fill(runs[i]!, at, end);
    at = end;
  }
  return pixels;
}

/** The classes at another size: each pixel has that of the one in which its upper left corner lies. */
export function pixelsAt(map: ClassMap, height: number, width: number): Uint16Array {
  const pixels = pixelsOf(map);
  if (map.height === height && map.width === width) return pixels;
  const columns = Uint32Array.from({ length: width }, (_, x) => Math.floor((x * map.width) / width));
  const result = new Uint16Array(height * width);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * map.height) / height) * map.width;
    for (let x = 0; x < width; x++) result[y * width + x] = pixels[row + columns[x]!]!;
  }
  return result;
}
