/** @file Designs as they are asked for by name: what no run of the study can have is told before its stages. */
import {
  designId,
  designsAtCut,
  exitDesigns,
  over,
  waysToSend,
  wholeDesigns,
  type Design,
  type ModelEnds,
} from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import { usualInputs, type Study } from "@split-et-impera/core/study";

/** Stands for any cut: which ones there are the stages tell. */
const anyCut = "TENSOR";

/** The ids of all designs that a study may have, with `TENSOR` for cuts. */
function idForms(study: Study): string[] {
  const { explore } = study;
  // What is usual depends on the data, which are not looked at here.
  const inputs = explore.inputs ?? [...usualInputs.pictures, ...usualInputs.others];
  const ends: ModelEnds = { inputs: ["input"], outputs: ["output"] };
  const bottlenecks = [...(explore.plain ? [undefined] : []), ...explore.bottlenecks];
  const designs: Design[] = [
    ...wholeDesigns({ ...study, explore: { ...explore, inputs } }, ends),
    ...(explore.scenarios.includes("SC")
      ? bottlenecks.flatMap((bottleneck) => designsAtCut(study, ends, [anyCut], bottleneck))
      : []),
    ...(explore.exits
      ? exitDesigns({ ...study, explore: { ...explore, inputs } }, ends, [anyCut], 0).map(({ design }) => design)
      : []),
  ];
  const sent = designs.flatMap((design) =>
    waysToSend(study, design).map((transport) => (transport ? over(design, transport, study) : design)),
  );
  return [...new Set(sent.map(designId))];
}

/** @throws InputError `ERR_USAGE` for an id that no design of the study can have */
export function checkWanted(study: Study, ids: readonly string[]): void {
  const forms = idForms(study);
  const fits = (id: string, form: string): boolean => {
    const [before, after] = form.split(anyCut) as [string, string?];
    if (after === undefined) return id === form;
    return id.length > form.length - anyCut.length && id.startsWith(before) && id.endsWith(after);
  };
  const unknown = ids.find((id) => !forms.some((form) => fits(id, form)));
  if (unknown !== undefined)
    throw new InputError("ERR_USAGE", `--design: expected one of ${forms.join(", ")}, got "${unknown}"`);
}
