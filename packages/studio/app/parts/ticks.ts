/** @file Round values along an axis. */

/** Those within a linear domain. */
export function niceTicks([lo, hi]: [number, number], about: number): number[] {
  const step = niceStep((hi - lo) / Math.max(1, about));
  const first = Math.ceil(lo / step);
  return Array.from({ length: Math.floor(hi / step) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(10)),
  );
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((one) => one * power).find((step) => step >= rough * 0.999)!;
}
