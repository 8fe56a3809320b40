/** @file What a study can say of the protection of datagrams. */
import {
  parseProtection,
  protectionForms,
  protectionKinds,
  protections,
  type ProtectionField,
  type ProtectionKind,
} from "@split-et-impera/core/wire";
import { z } from "zod";

/** What the link tells of it is filled in when that is known. */
function problemOf(input: unknown): string | undefined {
  const said = parseProtection(input, { rate: 0, burst: 1 });
  return typeof said === "string" ? said : undefined;
}

/** The fields of all kinds, as a person says them. */
const fields = Object.fromEntries(
  protectionKinds.flatMap((kind) =>
    Object.entries<ProtectionField>(protections[kind].fields).flatMap(
      ([field, { means, default: value, unsaid, ofLink }]) => {
        if (ofLink) return [];
        const otherwise = value ?? unsaid;
        const description = `Of \`${kind}\`: ${means}.${otherwise === undefined ? "" : ` Default: ${otherwise}.`}`;
        return [[field, z.unknown().optional().meta({ description })]];
      },
    ),
  ),
);

/** A protection as it is written: a text, or an object of `kind` and fields. */
export const protection = z
  .union([z.string(), z.looseObject({ kind: z.enum(protectionKinds), ...fields })], {
    error: ({ input }) => problemOf(input) ?? "expected a protection",
  })
  .superRefine((input, context) => {
    const message = problemOf(input);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

/** What each kind means, for descriptions. */
export const protectionMeanings = protectionForms
  .map((form) => `\`${form}\`: ${protections[form.split(" ")[0] as ProtectionKind].means}`)
  .join("; ");
