/** @file Doubts about the whole model's quality, in words. */
import type { Estimate } from "../statistics/index.ts";
import type { BaselineWarning } from "./baseline.ts";

/** One doubt as a sentence without its end: what was found, and what to look at. */
export function baselineText(warning: BaselineWarning): string {
  const { quality, metric } = warning;
  const found = metric
    ? `the whole model's ${metric} is ${share(quality.value)} over ${quality.n} samples`
    : `the whole model has ${share(quality.value)} of ${quality.n} images right`;
  if (warning.kind === "near-chance")
    return `${found}, no surer than the ${share(warning.chance)} that one class for every image would have: check the labels' order, the normalisation and the model`;
  if (warning.kind === "below-expected")
    return `${found} (${quality.hi < warning.expected ? `at most ${share(quality.hi)}` : `at least ${share(quality.lo)}`}), where the study expects ${share(warning.expected)}`;
  const { variant, other } = warning;
  const { mean, std } = variant.normalise;
  const turned = variant.order === "BGR" ? ", channels turned round" : "";
  const settings = `mean ${numbers(mean, 0)}, std ${numbers(std, 1)}${turned}`;
  return `${found}, but ${shareWithin(other)} when fed with ${variant.name} (${settings}): did you forget how it was trained?`;
}

const share = (value: number): string => `${(100 * value).toFixed(1)} %`;
const shareWithin = ({ value, n }: Estimate): string => `${share(value)} of ${n}`;

function numbers(values: readonly number[], none: number): string {
  const list = values.length === 0 ? [none] : values;
  const text = list.map((value) => Number(value.toPrecision(4)));
  return text.length === 1 ? `${text[0]}` : `[${text.join(", ")}]`;
}
