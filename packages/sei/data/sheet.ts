/** @file One picture that shows samples of a data set: a row per class, its name beside it. */
import { InputError } from "@split-et-impera/core/errors";
import sharp, { type OverlayOptions } from "sharp";
import { classesIn, type Dataset } from "./dataset.ts";

const gap = 4;
const margin = 16;
const heading = 44;
/** Side that an image is brought near to, in pixels of the sheet. */
const aimed = 72;
const labelSize = 14;

/** The first images of each class, as many per class as share `count` out evenly; indices by label. */
export function pickSamples(data: Dataset, count: number): number[][] {
  const rows: number[][] = data.classes.map(() => []);
  const most = Math.max(1, Math.floor(count / Math.max(1, data.classes.length)));
  let missing = Math.min(count, most * data.classes.length);
  for (let index = 0; index < data.count && missing > 0; index++) {
    const row = classesIn(data, index)
      .map((label) => rows[label]!)
      .find(({ length }) => length < most);
    if (!row) continue;
    row.push(index);
    missing--;
  }
  return rows;
}

/**
 * Draws a sheet as PNG. `title` stands on top; classes without samples have no row.
 * Throws `InputError` when the data are no images.
 */
export async function drawSheet(
  data: Dataset,
  samples: readonly (readonly number[])[],
  title: string,
): Promise<Buffer> {
  const { image } = data;
  if (!image)
    throw new InputError("ERR_DATA_NO_IMAGES", `${data.name}: expected 8-bit images to draw, got other numbers`);
  const rows = samples
    .map((indices, label) => ({ name: data.classes[label]!, indices }))
    .filter(({ indices }) => indices.length > 0);
  const longest = Math.max(image.height, image.width);
  // Small images grow by a whole factor, so that every pixel is seen as it is.
  const scale = longest <= aimed ? Math.max(1, Math.round(aimed / longest)) : aimed / longest;
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const label = Math.ceil(Math.max(...rows.map(({ name }) => name.length)) * labelSize * 0.62) + margin;
  const columns = Math.max(...rows.map(({ indices }) => indices.length));
  const left = margin + label;
  const sheet = {
    width: Math.max(left + columns * (width + gap) - gap + margin, Math.ceil(title.length * 9.5) + 2 * margin),
    height: heading + rows.length * (height + gap) - gap + margin,
  };
  const overlays: OverlayOptions[] = [];
  const texts = [text(margin, heading - 16, 16, "#111", title, "bold")];
  for (const [row, { name, indices }] of rows.entries()) {
    const top = heading + row * (height + gap);
    texts.push(text(margin, top + height / 2 + labelSize / 3, labelSize, "#222", name));
    for (const [column, index] of indices.entries()) {
      const { channels } = image;
      const pixels = sharp(image.pixels(index), {
        raw: { height: image.height, width: image.width, channels: channels as 1 | 3 },
      });
      const input = await pixels
        .resize(width, height, { kernel: scale >= 1 ? "nearest" : "lanczos3", fit: "fill" })
        .toColourspace("srgb")
        .png({ compressionLevel: 1 })
        .toBuffer();
      overlays.push({ input, left: left + column * (width + gap), top });
    }
  }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${sheet.width}" height="${sheet.height}">${texts.join("")}</svg>`;
  overlays.push({ input: Buffer.from(svg), left: 0, top: 0 });
  return sharp({ create: { ...sheet, channels: 3, background: "#f4f4f2" } })
    .composite(overlays)
    .png({ compressionLevel: 9 })
    .toBuffer();
}

function text(x: number, y: number, size: number, colour: string, content: string, weight = "normal"): string {
  const safe = content.replace(
    /[<>&\p{Cc}]/gu,
    (sign) => `&#${sign.codePointAt(0)! < 32 ? 32 : sign.codePointAt(0)!};`,
  );
  return `<text x="${x}" y="${y}" font-family="sans-serif" font-size="${size}" font-weight="${weight}" fill="${colour}">${safe}</text>`;
}
