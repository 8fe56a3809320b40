/** @file Which of a study's inputs for remote computing the data can be sent as. */
import { InputError } from "@split-et-impera/core/errors";
import { isPictureInput, usualInputs, type ExploreOptions, type RemoteInput } from "@split-et-impera/core/study";
import { codecKinds } from "@split-et-impera/core/wire";
import type { Dataset } from "./dataset.ts";

/**
 * What RC sends data as: what the study says, or what is usual for such data.
 * @throws InputError where data that are no 8-bit pictures are to be sent as such
 */
export function remoteInputs(
  { scenarios, inputs }: Pick<ExploreOptions, "scenarios" | "inputs">,
  { image, name }: Pick<Dataset, "image" | "name">,
): RemoteInput[] {
  if (!inputs) return usualInputs[image ? "pictures" : "others"];
  const pictures = image ? [] : inputs.filter(isPictureInput).map(({ format }) => format);
  if (pictures.length > 0 && scenarios.includes("RC")) {
    const [last, ...before] = codecKinds.toReversed();
    throw new InputError(
      "ERR_DATA_IMAGE",
      `explore.inputs: ${[...new Set(pictures)].join(", ")} ${pictures.length === 1 ? "is" : "are"} for 8-bit pictures, ` +
        `but ${name} holds other numbers; expected ${before.toReversed().join(", ")} or ${last}`,
    );
  }
  return inputs;
}
