/** @file The proof that a cut of a model is one, over single steps and over several. */
import {
  proofFeeds,
  proveSegments,
  proveSteps,
  serialiseModel,
  splitSegments,
  type Cut,
  type Survey,
} from "../onnx/index.ts";
import { engine } from "./engine.ts";

export async function proveCut(found: Survey, cut: Cut) {
  const parts = splitSegments(found, [cut]).models.map(serialiseModel);
  const whole = serialiseModel(found.given);
  const { outputs } = found.index;
  const feeds = proofFeeds(found, "test").map((one) => one.feeds);
  const { proof } = await proveSegments(engine, whole, parts, outputs, feeds);
  return { proof, steps: await proveSteps(engine, found, whole, parts, "test") };
}
