/** @file Policies on disk. */
import type { Policy } from "@split-et-impera/core/policy";
import { InputError } from "@split-et-impera/core/errors";
import { lineOf, readText } from "../files/index.ts";
import { problemsOf } from "../study/problems.ts";
import { policyFile } from "./definition.ts";

const mostBytes = 64 * 2 ** 20;

/** @throws InputError `ERR_POLICY` with file, line and field */
export async function readPolicy(file: string): Promise<Policy> {
  const text = await readText(file, { code: "ERR_POLICY", what: "a policy; `sei policy` makes one", most: mostBytes });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const why = (cause as Error).message.replaceAll(/\s+/g, " ");
    throw new InputError("ERR_POLICY", `${file}: not a policy (${why}); \`sei policy\` makes one`, { cause });
  }
  const [problem, ...others] = problemsOf(policyFile, value);
  if (problem) {
    const more = others.length > 0 ? ` (and ${others.length} more)` : "";
    throw new InputError(
      "ERR_POLICY",
      `${file}:${lineOf(text, problem.path)}: ${problem.path.join(".") || "a policy"}: ${problem.message}${more}`,
    );
  }
  const { $schema: _schema, ...policy } = policyFile.parse(value);
  return policy;
}

/** A policy as it is written: a line for each cell. */
export function policyJson({ cells, ...head }: Policy): string {
  const lines = (list: readonly unknown[], indent: string): string =>
    list.map((one) => `${indent}${JSON.stringify(one)}`).join(",\n");
  const rows = cells.map(
    (row) => `    [\n${row.map((column) => `      [\n${lines(column, "        ")}\n      ]`).join(",\n")}\n    ]`,
  );
  return `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "cells": [\n${rows.join(",\n")}\n  ]\n}\n`;
}
