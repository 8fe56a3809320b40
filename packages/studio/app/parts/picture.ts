/** @file A chart of the page as a picture of its own: SVG without the page's style sheet, and PNG of it. */

/** What the page's style sheet says of a shape or a text, as attributes; all but the last are handed down. */
const looks = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-opacity",
  "stroke-dasharray",
  "stroke-linejoin",
  "paint-order",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
  "dominant-baseline",
  "visibility",
  "opacity",
] as const;
/** px around a chart, for names that reach over its edge. */
const margin = 12;
/** Pixels of a PNG for one of the page, and the longest side that every browser has. */
const density = 2;
const longest = 16_000;

/** A chart as it looks now, in a file that needs nothing else. */
export function drawingOf(chart: SVGSVGElement): string {
  const drawn = chart.cloneNode(true) as SVGSVGElement;
  take(chart, drawn);
  const { width, height } = chart.getBoundingClientRect();
  const [wide, high] = [width + 2 * margin, height + 2 * margin];
  const box = { x: -margin, y: -margin, width: wide, height: high };
  drawn.setAttribute("viewBox", Object.values(box).join(" "));
  drawn.setAttribute("width", `${wide}`);
  drawn.setAttribute("height", `${high}`);
  const ground = document.createElementNS(chart.namespaceURI, "rect");
  for (const [name, value] of Object.entries({ ...box, fill: groundOf(chart) })) ground.setAttribute(name, `${value}`);
  drawn.prepend(ground);
  return xml(new XMLSerializer().serializeToString(drawn));
}

/** Gives a copy, and all in it, the looks of what it is a copy of; what is only there to be clicked is left out. */
function take(from: Element, to: Element, above?: CSSStyleDeclaration): void {
  const style = getComputedStyle(from);
  for (const name of ["class", "style", ...looks]) to.removeAttribute(name);
  for (const name of looks) {
    const value = style.getPropertyValue(name);
    const usual = name === "opacity" ? "1" : above?.getPropertyValue(name);
    if (value !== usual) to.setAttribute(name, value);
  }
  const copies = [...to.children];
  [...from.children].forEach((child, i) => {
    if (isUnseen(child)) copies[i]!.remove();
    else take(child, copies[i]!, style);
  });
}

const shapes = new Set(["rect", "circle", "path", "line"]);
const unseen = new Set(["none", "transparent", "rgba(0, 0, 0, 0)"]);

function isUnseen(element: Element): boolean {
  if (!shapes.has(element.localName) || element.closest("clipPath")) return false;
  const { fill, stroke } = getComputedStyle(element);
  return unseen.has(fill) && unseen.has(stroke);
}

/** The colour that the chart stands on. */
function groundOf(chart: Element): string {
  for (let at: Element | null = chart; at; at = at.parentElement) {
    const { backgroundColor } = getComputedStyle(at);
    if (!unseen.has(backgroundColor)) return backgroundColor;
  }
  return "white";
}

/** Characters that XML does not have are left out. */
export const xml = (text: string): string =>
  // eslint-disable-next-line no-control-regex
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");

/** @throws Error where the browser cannot draw it */
export async function pngOf(drawing: string): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([drawing], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const scale = Math.min(density, longest / image.width, longest / image.height);
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("it is too large for a picture"))), "image/png"),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Where the page came without encryption from another machine, browsers have no clipboard for it. */
export const canCopy = (): boolean => "clipboard" in navigator && typeof ClipboardItem !== "undefined";

/** @throws Error where the browser does not let it */
export const copyPng = (drawing: string): Promise<void> =>
  // The promise itself: some browsers take nothing that comes after the click.
  navigator.clipboard.write([new ClipboardItem({ "image/png": pngOf(drawing) })]);

/** Hands the person a file. */
export function save(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
