/** @file The network as files: a drawing, and values for Model Explorer. */
import type { Result } from "@split-et-impera/core/design";
import type { ModelGraph } from "@split-et-impera/core/onnx";
import { xml } from "../../parts/picture.ts";
import { isBefore, type Row } from "./rows.ts";

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => xml(text).replace(/[&<>"]/g, (one) => escapes[one]!);

/** All rows, whether in sight or not, and which side of the cut they are on. */
export function svgOf(graph: ModelGraph, rows: readonly Row[], cut: number): string {
  const chosen = graph.cuts[cut]!;
  const shown = rows.filter(({ open }) => !open);
  const lines = shown.map(({ block, depth, makes }, i) => {
    const [y, x] = [12 + 24 * i, 20 + 14 * depth];
    const tensor = makes[0] === undefined ? undefined : graph.tensors[makes[0]];
    const colour = isBefore(chosen, block.to - 1) ? "#0a5e9c" : "#009e73";
    return (
      `<rect x="${x}" y="${y}" width="${300 - 14 * depth}" height="20" rx="3" fill="#fff" stroke="${colour}"/>` +
      `<text x="${x + 8}" y="${y + 14}">${escaped(block.label)}</text>` +
      `<text x="330" y="${y + 14}" fill="#545b63">${escaped(tensor?.shape?.join("×") ?? "")}</text>`
    );
  });
  const height = 24 + 24 * shown.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="460" height="${height}" viewBox="0 0 460 ${height}" font-family="sans-serif" font-size="12"><rect width="460" height="${height}" fill="#fff"/>${lines.join("")}</svg>\n`;
}

/** What Model Explorer reads as node data: bytes, saliency and times by the tensor that an operator makes. */
export function nodeData({ saliency }: Result, graph: ModelGraph): string {
  const cs = new Map(saliency?.points.map((point) => [point.tensor, point.cs]));
  const of = (value: (tensor: number) => number | undefined) => ({
    results: Object.fromEntries(
      graph.operators.flatMap(({ makes }) =>
        makes.flatMap((tensor) => {
          const found = value(tensor);
          return found === undefined ? [] : [[graph.tensors[tensor]!.name, { value: found }] as const];
        }),
      ),
    ),
    gradient: [
      { stop: 0, bgColor: "#ffffff" },
      { stop: 1, bgColor: "#d0651a" },
    ],
  });
  const data = { bytes: of((at) => graph.tensors[at]!.bytes), saliency: of((at) => cs.get(graph.tensors[at]!.name)) };
  return `${JSON.stringify(data, undefined, 2)}\n`;
}
