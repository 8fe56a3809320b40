/**
 * @file Every legal cut of one tensor, and the useful ones of several, of ONNX models: head and tail against the whole, bit
 * for bit. Usage: `npm run bench:cuts -- FILE.onnx ...`; models without weights get random ones.
 */
import {
  severalCuts,
  parseModel,
  runChain,
  serialiseModel,
  singleTensorCuts,
  splitSegments,
  surveyModel,
} from "../../packages/core/onnx/index.ts";
import { withRandomWeights } from "../../packages/core/testing/random-weights.ts";
import { engine } from "../../packages/ort/index.ts";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("expected ONNX files, got none");
  process.exitCode = 2;
}
let wrong = 0;
for (const file of files) {
  const began = performance.now();
  const model = withRandomWeights(parseModel(readFileSync(file), basename(file)));
  const survey = await surveyModel(model, engine);
  const singles = singleTensorCuts(survey.index).map(({ tensor }) => [tensor]);
  const sets = severalCuts(survey).map(({ tensors }) => tensors);
  const outputs = survey.index.outputs.filter((name) => survey.seen.has(name));
  const feeds = survey.feeds(2);
  const whole = await runChain(engine, [serialiseModel(model)], outputs, feeds);
  let equal = 0;
  for (const cut of [...singles, ...sets]) {
    const { models } = splitSegments(survey, [cut]);
    const found = await runChain(
      engine,
      models.map((part) => serialiseModel(part)),
      outputs,
      feeds,
    );
    const same = isDeepStrictEqual(found, whole);
    if (same) equal++;
    else {
      wrong++;
      console.log(`${basename(file)}: differs at ${cut.join(", ")}`);
    }
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(
    `${basename(file)}: ${equal} of ${singles.length} + ${sets.length} cuts of one and of several tensors equal bit for bit, ${seconds} s`,
  );
}
if (wrong > 0) process.exitCode = 1;
