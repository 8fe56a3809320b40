/** @file Turns a scene into 8-bit pixels: distances and light at twice the resolution, then the camera. */
import type { Random } from "../random/index.ts";
import type { Part, Scene, Segment } from "./scene.ts";

/** Samples per pixel and axis. Distances soften the edges further, so that two are enough. */
const over = 2;
const { abs, floor, max, min, sqrt } = Math;

/** Standard deviation of the sum of a uint32's four bytes: sqrt(4 (256^2 - 1) / 12). */
const byteSumDeviation = 147.80054;

/** Draws `scene` as size x size x 3 bytes, row by row, colours interleaved. `random` gives the sensor's noise. */
export function render(scene: Scene, size: number, random: Random): Uint8Array<ArrayBuffer> {
  const fine = size * over;
  const distances = scene.parts.map((part) => partDistances(part, fine));
  const light = new Float64Array(fine * fine * 3);
  paintBelt(scene, fine, light);
  for (const mark of scene.belt.marks) paintMark(mark, fine, light);
  castShadow(scene, fine, nearest(distances), light);
  scene.parts.forEach((part, i) => paintPart(part, scene.light, fine, distances[i]!, light));
  return expose(scene, size, light, random);
}

/** Which of size x size pixels a part covers at least half of, row by row: 1, else 0. */
export function coverage(part: Part, size: number): Uint8Array<ArrayBuffer> {
  const fine = size * over;
  const distances = partDistances(part, fine);
  const inside = (i: number, j: number): number => (distances[i * fine + j]! <= 0 ? 1 : 0);
  return Uint8Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [over * floor(at / size), over * (at % size)];
    return inside(i, j) + inside(i, j + 1) + inside(i + 1, j) + inside(i + 1, j + 1) >= 2 ? 1 : 0;
  });
}

/** To the nearest of several parts. */
function nearest(distances: readonly Float64Array[]): Float64Array {
  const [first, ...others] = distances;
  return others.length === 0 ? first! : first!.map((d, i) => others.reduce((least, one) => min(least, one[i]!), d));
}

/** Signed distance to the part in fine samples, at the middle of each. */
function partDistances(part: Part, fine: number): Float64Array {
  const { shape, turn, tilt, extent } = part;
  const radius = part.radius * over;
  const distances = new Float64Array(fine * fine);
  for (let i = 0; i < fine; i++) {
    for (let j = 0; j < fine; j++) {
      const x = (j + 0.5 - part.x * over) / radius;
      const y = (i + 0.5 - part.y * over) / (radius * tilt);
      const outside = sqrt(x * x + y * y) - extent;
      const d = outside > 0.1 ? outside : shape(turn.x * x + turn.y * y, turn.x * y - turn.y * x);
      distances[i * fine + j] = d * radius;
    }
  }
  return distances;
}

function paintBelt({ belt }: Scene, fine: number, light: Float64Array): void {
  const { colour, texture, lattice, rib } = belt;
  const cells = 8 / fine;
  const across = new Float64Array(9);
  let to = 0;
  for (let i = 0; i < fine; i++) {
    const row = floor(i * cells);
    const fv = i * cells - row;
    for (let k = 0; k < 9; k++) across[k] = lattice[row * 9 + k]! * (1 - fv) + lattice[row * 9 + 9 + k]! * fv;
    for (let j = 0; j < fine; j++) {
      const column = floor(j * cells);
      const fu = j * cells - column;
      const turns = (j / over + rib.phase) / rib.period;
      // Distance from the middle of a rib, in pixels.
      const off = abs(turns - floor(turns) - 0.5) * rib.period;
      const ribbed = off < 1 ? 1 - rib.depth * (1 - off) : 1;
      // A weave finer than a pixel is seen as a slight chequer.
      const weave = ((i >> 1) + (j >> 1)) & 1 ? 0.25 : -0.25;
      const shade = ribbed * (1 + texture * (across[column]! * (1 - fu) + across[column + 1]! * fu + weave));
      light[to++] = colour[0] * shade;
      light[to++] = colour[1] * shade;
      light[to++] = colour[2] * shade;
    }
  }
}

function paintMark(mark: Segment, fine: number, light: Float64Array): void {
  const { x, y, dx, dy, half } = mark;
  const square = dx * dx + dy * dy;
  const margin = half + 1;
  const from = (low: number): number => max(0, floor((low - margin) * over));
  const to = (high: number): number => min(fine - 1, floor((high + margin) * over));
  for (let i = from(min(y, y + dy)); i <= to(max(y, y + dy)); i++) {
    for (let j = from(min(x, x + dx)); j <= to(max(x, x + dx)); j++) {
      const px = (j + 0.5) / over - x;
      const py = (i + 0.5) / over - y;
      const t = max(0, min(1, (px * dx + py * dy) / square));
      const ex = px - t * dx;
      const ey = py - t * dy;
      const cover = max(0, min(1, (half - sqrt(ex * ex + ey * ey)) * over + 0.5));
      const factor = 1 + cover * (mark.light - 1);
      const at = (i * fine + j) * 3;
      for (let c = 0; c < 3; c++) light[at + c]! *= factor;
    }
  }
}

/** The parts' outlines, moved away from the lamp and softened; and a darker seam where a part touches the belt. */
function castShadow(scene: Scene, fine: number, distances: Float64Array, light: Float64Array): void {
  const { reach, shadow, x, y } = scene.light;
  const sx = x * reach * over;
  const sy = y * reach * over;
  const jx = floor(sx);
  const iy = floor(sy);
  const fx = sx - jx;
  const fy = sy - iy;
  const softness = 0.8 + 0.6 * reach;
  const edge = fine - 2;
  for (let i = 0; i < fine; i++) {
    const si = max(0, min(edge, i + iy));
    for (let j = 0; j < fine; j++) {
      const sj = max(0, min(edge, j + jx));
      const at = si * fine + sj;
      const d =
        (distances[at]! * (1 - fx) + distances[at + 1]! * fx) * (1 - fy) +
        (distances[at + fine]! * (1 - fx) + distances[at + fine + 1]! * fx) * fy;
      const cast = max(0, min(1, 0.5 - d / (2 * softness * over)));
      const contact = max(0, 1 - max(0, distances[i * fine + j]!) / (1.5 * over));
      if (cast === 0 && contact === 0) continue;
      const left = (1 - shadow * cast) * (1 - 0.35 * shadow * contact * contact);
      const to = (i * fine + j) * 3;
      light[to]! *= left;
      light[to + 1]! *= left;
      light[to + 2]! *= left;
    }
  }
}

/** Height of a rounded edge, in fine samples, at distance d from the outline. */
function edgeHeight(d: number, bevel: number): number {
  if (d >= 0) return 0;
  if (d <= -bevel) return bevel * 0.5;
  const t = 1 + d / bevel;
  return 0.5 * bevel * (1 - t * t);
}

/** Diffuse and specular light on the part, its surface tilted where the edge is rounded. */
function paintPart(part: Part, lamp: Scene["light"], fine: number, distances: Float64Array, light: Float64Array): void {
  const bevel = part.bevel * part.radius * over;
  // Half way between the lamp and a viewer straight above (Blinn's half vector).
  const hz = lamp.z + 1;
  const length = sqrt(lamp.x * lamp.x + lamp.y * lamp.y + hz * hz);
  const half = { x: lamp.x / length, y: lamp.y / length, z: hz / length };
  for (let i = 0; i < fine; i++) {
    for (let j = 0; j < fine; j++) {
      const at = i * fine + j;
      const d = distances[at]!;
      if (d > 0.5) continue;
      const right = j + 1 < fine ? distances[at + 1]! : d;
      const left = j > 0 ? distances[at - 1]! : d;
      const below = i + 1 < fine ? distances[at + fine]! : d;
      const above = i > 0 ? distances[at - fine]! : d;
      const nx = -part.steepness * (edgeHeight(right, bevel) - edgeHeight(left, bevel));
      const ny = -part.steepness * (edgeHeight(below, bevel) - edgeHeight(above, bevel));
      const norm = 1 / sqrt(nx * nx + ny * ny + 1);
      const diffuse = max(0, (lamp.z + lamp.x * nx + lamp.y * ny) * norm);
      let gloss = max(0, (half.z + half.x * nx + half.y * ny) * norm);
      gloss *= gloss;
      gloss *= gloss;
      gloss *= gloss;
      gloss *= gloss;
      const shade = 1.2 * (lamp.ambient + lamp.key * diffuse);
      const spark = part.shine * lamp.key * gloss * 0.5;
      const cover = min(1, 0.5 - d);
      for (let c = 0; c < 3; c++) {
        const colour = part.colour[c]!;
        // A metal tints what it mirrors.
        const seen = colour * shade + spark * (0.35 + 0.65 * colour);
        light[at * 3 + c] = light[at * 3 + c]! * (1 - cover) + seen * cover;
      }
    }
  }
}

/** The camera: motion and defocus blur, light fall, gain, gamma, noise, clipping, eight bits. */
function expose(scene: Scene, size: number, light: Float64Array, random: Random): Uint8Array<ArrayBuffer> {
  const { light: lamp, camera } = scene;
  const linear = defocused(smeared(light, size, camera.motion * over), size, camera.defocus);
  const pixels = new Uint8ClampedArray(size * size * 3);
  const step = (255 * camera.noise) / byteSumDeviation;
  let at = 0;
  for (let i = 0; i < size; i++) {
    const v = (i + 0.5) / size - 0.5;
    for (let j = 0; j < size; j++) {
      const u = (j + 0.5) / size - 0.5;
      // The lamp's side is brighter; corners get a little less (vignetting).
      const fall = (1 + lamp.fall * (u * lamp.x + v * lamp.y)) * (1 - 0.3 * (u * u + v * v));
      for (let c = 0; c < 3; c++, at++) {
        // Four bytes summed are close to normal and cost one draw.
        const bits = random.uint32();
        const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - 510;
        // With a square root as gamma, shot noise is as strong in the light as in the dark.
        pixels[at] = 255 * sqrt(linear[at]! * fall * camera.gain[c]!) + step * sum;
      }
    }
  }
  return new Uint8Array(pixels.buffer);
}

/**
 * Fine samples to pixels: `over` rows make one; along x, the way the belt runs, a pixel gathers the `over` samples it
 * covers while they slide by `length` samples.
 */
function smeared(light: Float64Array, size: number, length: number): Float64Array {
  const fine = size * over;
  const whole = 1 + floor(length);
  // The last place counts in part, so that the blur grows without steps.
  const part = length - floor(length);
  const weights = new Float64Array(whole + over);
  for (let place = 0; place <= whole; place++) {
    for (let k = 0; k < over; k++) weights[place + k]! += (place < whole ? 1 : part) / (over * over * (whole + part));
  }
  const first = whole >> 1;
  const row = new Float64Array(fine * 3);
  const result = new Float64Array(size * size * 3);
  let to = 0;
  for (let i = 0; i < size; i++) {
    const from = i * over * fine * 3;
    for (let j = 0; j < row.length; j++) row[j] = light[from + j]! + light[from + row.length + j]!;
    for (let j = 0; j < size; j++) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let t = 0; t < weights.length; t++) {
        const weight = weights[t]!;
        const at = 3 * max(0, min(fine - 1, j * over + t - first));
        red += weight * row[at]!;
        green += weight * row[at + 1]!;
        blue += weight * row[at + 2]!;
      }
      result[to++] = red;
      result[to++] = green;
      result[to++] = blue;
    }
  }
  return result;
}

/** Three taps (w, 1 - 2w, w) along each axis; the border repeats. */
function defocused(values: Float64Array, size: number, w: number): Float64Array {
  const line = size * 3;
  const across = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += line) {
    for (let j = 0; j < line; j++) {
      const at = start + j;
      const here = values[at]!;
      const left = j >= 3 ? values[at - 3]! : here;
      const right = j < line - 3 ? values[at + 3]! : here;
      across[at] = here + w * (left + right - 2 * here);
    }
  }
  const result = new Float64Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const here = across[at]!;
    const above = at >= line ? across[at - line]! : here;
    const below = at < values.length - line ? across[at + line]! : here;
    result[at] = here + w * (above + below - 2 * here);
  }
  return result;
}
