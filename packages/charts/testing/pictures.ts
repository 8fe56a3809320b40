/** @file Little pictures with maps over them, for the tests' result. */
import type { SaliencyExample, SaliencyPoint } from "@split-et-impera/core/design";
import type { Random } from "@split-et-impera/core/random";

const side = 32;

/** One picture of a bright shape on a shaded ground for each of four classes, with a blurred map per candidate. */
export function exampleMaps(points: readonly SaliencyPoint[], classes: string[], random: Random): SaliencyExample[] {
  const candidates = points.filter((point) => point.candidate);
  return Array.from({ length: 4 }, (_, row): SaliencyExample => {
    const centre = { x: 9 + random.integer(14), y: 9 + random.integer(14) };
    const colour = [random.uniform(), random.uniform(), random.uniform()];
    const rgb: number[] = [];
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const inside = Math.hypot(x - centre.x, (y - centre.y) * 1.4) < 8 + row;
        const noise = random.normal() * 6;
        for (const c of colour) {
          const value = inside ? 90 + 150 * c : 60 + y * 2.5 + 30 * (1 - c);
          rgb.push(Math.max(0, Math.min(255, Math.round(value + noise))));
        }
      }
    }
    const label = classes[(row * 3) % classes.length]!;
    return {
      image: { width: side, height: side, rgb },
      label,
      predicted: row === 2 ? classes[5]! : label,
      maps: candidates.map((point) => {
        const [, height, width] = point.shape as [number, number, number];
        const values: number[] = [];
        for (let i = 0; i < width * height; i++) {
          const x = ((i % width) + 0.5) * (side / width);
          const y = (Math.floor(i / width) + 0.5) * (side / height);
          const far = Math.hypot(x - centre.x, y - centre.y) / 9;
          values.push(Math.max(0, Math.exp(-far * far) + 0.12 * random.normal()));
        }
        return { tensor: point.tensor, width, height, values };
      }),
    };
  });
}
