/** @file A protection with its parameters, as files have it: made from the table of protections. */
import {
  protectionProblem,
  protections,
  type ProtectionField,
  type ProtectionRow,
  type ProtectionSpec,
} from "@split-et-impera/core/wire";
import { z } from "zod";

const rows = Object.entries(protections) as unknown as [string, ProtectionRow<ProtectionSpec>][];

/** All fields of a row beside `kind`. */
export const protectionFields = ({ fields }: ProtectionRow<ProtectionSpec>): [string, ProtectionField][] =>
  Object.entries<ProtectionField>(fields);

function parameter({ whole, min, max, above, default: value, unsaid, means }: ProtectionField): z.ZodType {
  let one = whole ? z.int() : z.number();
  if (min !== undefined) one = above ? one.gt(min) : one.min(min);
  if (max !== undefined) one = one.max(max);
  const instead = value ?? unsaid;
  if (instead === undefined) return one.meta({ description: `${means}.` });
  return one.optional().meta({ description: `${means}. Default: ${instead}.` });
}

/** `none`, or a kind with its parameters. */
export const protectionSpec = z
  .discriminatedUnion(
    "kind",
    rows.map(([kind, row]) =>
      z
        .strictObject({
          kind: z.literal(kind),
          ...Object.fromEntries(protectionFields(row).map(([field, rule]) => [field, parameter(rule)])),
        })
        .meta({ description: `${row.means}.` }),
    ) as unknown as [z.ZodObject<{ kind: z.ZodLiteral<string> }>],
  )
  // The table says what each kind has; the compiler cannot follow it there.
  .transform((spec) => spec as unknown as ProtectionSpec)
  .superRefine((spec, { addIssue }) => {
    const problem = protectionProblem(spec);
    if (problem !== undefined)
      addIssue({ code: "custom", message: `expected a protection that can be, got ${problem}` });
  });
