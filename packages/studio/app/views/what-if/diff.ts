/** @file Two texts line by line: what went, what came, and a little around it. */

export interface DiffLine {
  sign: " " | "+" | "-" | "…";
  text: string;
}

/** Lines kept around a change. */
const around = 2;

/** By the longest common subsequence; studies are a page or two. */
export function diffOf(before: string, after: string): DiffLine[] {
  const [a, b] = [before, after].map((text) => text.replace(/\n$/, "").split("\n")) as [string[], string[]];
  const longest = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let k = b.length - 1; k >= 0; k--)
      longest[i]![k] = a[i] === b[k] ? longest[i + 1]![k + 1]! + 1 : Math.max(longest[i + 1]![k]!, longest[i]![k + 1]!);
  const lines: DiffLine[] = [];
  let [i, k] = [0, 0];
  while (i < a.length || k < b.length) {
    if (i < a.length && k < b.length && a[i] === b[k]) {
      lines.push({ sign: " ", text: a[i]! });
      i++;
      k++;
    } else if (i < a.length && (k === b.length || longest[i + 1]![k]! >= longest[i]![k + 1]!)) {
      lines.push({ sign: "-", text: a[i++]! });
    } else lines.push({ sign: "+", text: b[k++]! });
  }
  return shortened(lines);
}

function shortened(lines: readonly DiffLine[]): DiffLine[] {
  const near = (at: number): boolean =>
    lines.slice(Math.max(0, at - around), at + around + 1).some(({ sign }) => sign !== " ");
  const result: DiffLine[] = [];
  for (const [at, line] of lines.entries()) {
    if (near(at)) result.push(line);
    else if (result.at(-1)?.sign !== "…") result.push({ sign: "…", text: "" });
  }
  return result;
}
