/** @file Qualities of designs at the losses of the study. */
import { qualityOf, type Result } from "@split-et-impera/core/design";

export function lossCurve(
  { sweep }: Pick<Result, "sweep">,
  ids: readonly string[],
): { loss: number; values: (number | undefined)[] }[] {
  return sweep.map(({ loss, designs }) => ({
    loss,
    values: ids.map((id) => {
      const found = designs.find((one) => one.id === id);
      return found && qualityOf(found.quality).value;
    }),
  }));
}
