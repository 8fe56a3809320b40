/** @file What the network looks at: Grad-CAM maps over a few images, one column per candidate. */
import { wordsOf, type SaliencyExample } from "@split-et-impera/core/design";
import type { Context } from "./context.ts";
import { html, trusted, type Markup } from "./html.ts";
import { pngDataUri } from "./png.ts";
import { qualityWords } from "./quality.ts";

export function examplesFigure(context: Context): Markup | undefined {
  const examples = context.result.saliency?.examples ?? [];
  const points = context.result.saliency?.points ?? [];
  const tensors = bestFirst(context, [
    ...new Set(examples.flatMap((example) => example.maps.map((map) => map.tensor))),
  ]);
  if (tensors.length === 0) return undefined;
  const dark = examples.some((example) => example.maps.some(isZero));
  const { answer } = qualityWords(context.result);
  const wide = examples.every(({ image }) => image.width > 2 * image.height);
  const heading = (tensor: string): Markup => {
    const index = points.findIndex((point) => point.tensor === tensor);
    const shape = points[index]?.shape.slice(-2).join("×");
    return html`<th scope="col" title="${tensor}">
      ${index >= 0 && html`<b>${index + 1}</b> `}${context.names.brief(tensor)}${shape && html`<small>${shape}</small>`}
    </th>`;
  };
  return html`<figure id="maps" aria-labelledby="maps-title">
    <h3 id="maps-title">What each candidate looks at</h3>
    <div class="scroll" role="region" aria-labelledby="maps-title" tabindex="0">
      <table class="${wide ? "maps wide" : "maps"}">
        <thead>
          <tr>
            <th scope="col">${answer === "class" ? "Class" : "Answer"}</th>
            <th scope="col">Image</th>
            ${tensors.map(heading)}
          </tr>
        </thead>
        <tbody>
          ${examples.map((example, i) => exampleRow(example, i, tensors))}
        </tbody>
      </table>
    </div>
    <figcaption>
      Grad-CAM maps at the candidates, each on its own scale from nothing <i class="ramp" aria-hidden="true"></i> to its
      maximum, in the resolution of its layer. Numbers and names are those of the curve; candidates that designs try
      come first, the highest on the curve
      foremost.${dark && ` Crossed out: the map is zero everywhere, as nothing in that layer speaks for that image's ${answer}.`}
    </figcaption>
  </figure> `;
}

/** Columns beyond the edge of a small screen are then those that matter least. */
function bestFirst({ result }: Context, tensors: readonly string[]): string[] {
  const tried = new Set(result.designs.map((design) => wordsOf(design).cut));
  const height = new Map(result.saliency?.points.map(({ tensor, cs }) => [tensor, cs]));
  return tensors.toSorted(
    (a, b) => Number(tried.has(b)) - Number(tried.has(a)) || (height.get(b) ?? 0) - (height.get(a) ?? 0),
  );
}

type Heat = SaliencyExample["maps"][number];

const isZero = ({ values }: Heat): boolean => !values.some((value) => Number.isFinite(value) && value > 0);

function exampleRow(example: SaliencyExample, i: number, tensors: readonly string[]): Markup {
  const { width, height, rgb } = example.image;
  // Texts may differ in spaces that do not count.
  const bare = (text: string): string => text.replaceAll(/\s/g, "");
  const right = bare(example.label) === bare(example.predicted);
  const photo = html`<image
    id="photo-${i}"
    width="${width}"
    height="${height}"
    href="${trusted(pngDataUri(width, height, rgb))}"
  />`;
  const frame = (content: Markup, label: string): Markup =>
    html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
      <title>${label}</title>
      ${content}
    </svg>`;
  return html`<tr>
    <th scope="row">${example.label}${!right && html`<small>seen as ${example.predicted}</small>`}</th>
    <td>${frame(photo, `${example.label}, as the network gets it`)}</td>
    ${tensors.map((tensor) => {
      const map = example.maps.find((map) => map.tensor === tensor);
      if (!map) return html`<td>–</td>`;
      if (isZero(map)) {
        const crossed = html`<use href="#photo-${i}" opacity="0.35" /><path
            d="M0 0L${width} ${height}M${width} 0L0 ${height}"
            stroke="var(--muted)"
            stroke-width="${width / 60}"
          />`;
        return html`<td>${frame(crossed, `map of ${example.label} at ${tensor}: zero everywhere`)}</td>`;
      }
      const heat = html`<image
        width="${width}"
        height="${height}"
        preserveAspectRatio="none"
        href="${trusted(heatUri(map))}"
      />`;
      return html`<td>${frame(html`<use href="#photo-${i}" />${heat}`, `map of ${example.label} at ${tensor}`)}</td>`;
    })}
  </tr> `;
}

/** Dark violet over red to yellow: rises in lightness, so that it reads in grey and for every kind of colour vision. */
const ramp = [
  [24, 12, 60],
  [101, 21, 110],
  [187, 55, 84],
  [249, 142, 9],
  [252, 255, 164],
] as const;

/** The map as a picture to lay over the image: opaque where the map is low, so that what matters stays bright. */
function heatUri(map: Heat): string {
  const most = Math.max(0, ...map.values.filter(Number.isFinite));
  const pixels = map.values.flatMap((value) => {
    const share = most > 0 && Number.isFinite(value) ? Math.max(0, value / most) : 0;
    const place = share * (ramp.length - 1);
    const below = Math.min(ramp.length - 2, Math.floor(place));
    const mix = place - below;
    const colour = [0, 1, 2].map((c) => ramp[below]![c]! * (1 - mix) + ramp[below + 1]![c]! * mix);
    return [...colour, 165];
  });
  return pngDataUri(map.width, map.height, pixels);
}
