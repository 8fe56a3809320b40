/** @file An image with its Grad-CAM map over it: the warmer, the more it counts. */
import type { SaliencyResult } from "@split-et-impera/core/design";
import { useEffect, useRef } from "react";

type Example = SaliencyResult["examples"][number];

/** Pixels of the map over one of the image at most. */
const strength = 0.62;

export function Overlay({ example, map }: { example: Example; map: Example["maps"][number] }) {
  const place = useRef<HTMLCanvasElement>(null);
  const { image } = example;
  useEffect(() => {
    const context = place.current?.getContext("2d");
    if (!context) return;
    const pixels = context.createImageData(image.width, image.height);
    const most = Math.max(1e-12, ...map.values);
    for (let row = 0; row < image.height; row++) {
      for (let column = 0; column < image.width; column++) {
        const at = row * image.width + column;
        const heat = between(map, (column + 0.5) / image.width, (row + 0.5) / image.height) / most;
        const warm = [255, 200 - 150 * heat, 40 * (1 - heat)];
        for (let c = 0; c < 3; c++) {
          const grey = image.rgb[3 * at + c]!;
          pixels.data[4 * at + c] = grey + (warm[c]! - grey) * strength * Math.max(0, heat);
        }
        pixels.data[4 * at + 3] = 255;
      }
    }
    context.putImageData(pixels, 0, 0);
  }, [image, map]);
  return (
    <canvas
      ref={place}
      width={image.width}
      height={image.height}
      role="img"
      aria-label={`Grad-CAM over an image of ${example.label}`}
    />
  );
}

/** The map at a place from 0 to 1, between its values. */
function between({ width, height, values }: Example["maps"][number], u: number, v: number): number {
  const [x, y] = [
    Math.min(width - 1, Math.max(0, u * width - 0.5)),
    Math.min(height - 1, Math.max(0, v * height - 0.5)),
  ];
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, bottom] = [Math.min(width - 1, left + 1), Math.min(height - 1, top + 1)];
  const at = (column: number, row: number): number => values[row * width + column]!;
  const [a, b] = [x - left, y - top];
  return (
    (at(left, top) * (1 - a) + at(right, top) * a) * (1 - b) + (at(left, bottom) * (1 - a) + at(right, bottom) * a) * b
  );
}
