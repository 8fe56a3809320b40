/** @file Which of a study's inputs for remote computing the data can be sent as. */
import { InputError } from "@split-et-impera/core/errors";
import { isPictureInput, usualInputs, type ExploreOptions, type RemoteInput } from "@split-et-impera/core/study";
import { wholeRanges } from "@split-et-impera/core/tensor";
import { codecKinds } from "@split-et-impera/core/wire";
import type { Inspection } from "@split-et-impera/core/onnx";
import type { Dataset } from "./dataset.ts";

/**
 * What RC sends data as: what the study says, or what is usual for such data.
 * @throws InputError where data that are no 8-bit pictures are to be sent as such
 */
export function remoteInputs(
  { scenarios, inputs }: Pick<ExploreOptions, "scenarios" | "inputs">,
  { image, name }: Pick<Dataset, "image" | "name">,
  { inputs: taken, input }: Pick<Inspection, "inputs" | "input">,
): RemoteInput[] {
  const wanted = wantedInputs({ scenarios, inputs }, { image, name }, { inputs: taken, input });
  // Whole numbers go as they are, whatever the codec: one of them says it all.
  const [first] = wanted.filter((one) => !isPictureInput(one));
  const plain = taken.every(({ type }) => type in wholeRanges);
  return plain ? wanted.filter((one) => isPictureInput(one) || one === first) : wanted;
}

function wantedInputs(
  { scenarios, inputs }: Pick<ExploreOptions, "scenarios" | "inputs">,
  { image, name }: Pick<Dataset, "image" | "name">,
  { inputs: taken, input }: Pick<Inspection, "inputs" | "input">,
): RemoteInput[] {
  // Beside other inputs a picture is a tensor among tensors, and as bytes it is fed as they are.
  const alone = image !== undefined && taken.length === 1 && input.type === "float32";
  if (!inputs) return usualInputs[alone ? "pictures" : "others"];
  if (image && !alone && scenarios.includes("RC") && inputs.some(isPictureInput)) {
    const why = taken.length > 1 ? `${taken.length} inputs, which are sent together` : `an input of ${input.type}`;
    throw new InputError("ERR_DATA_IMAGE", `explore.inputs: expected ${codecWords()}: the model has ${why}`);
  }
  const pictures = image ? [] : inputs.filter(isPictureInput).map(({ format }) => format);
  if (pictures.length > 0 && scenarios.includes("RC")) {
    throw new InputError(
      "ERR_DATA_IMAGE",
      `explore.inputs: ${[...new Set(pictures)].join(", ")} ${pictures.length === 1 ? "is" : "are"} for 8-bit pictures, ` +
        `but ${name} holds other numbers; expected ${codecWords()}`,
    );
  }
  return inputs;
}

/** `float32, float16 or uint8` */
function codecWords(): string {
  const [last, ...before] = codecKinds.toReversed();
  return `${before.toReversed().join(", ")} or ${last}`;
}
