/** @file Tokens: the next one of a vocabulary at every step, as language models say it. */
import { InputError } from "../../errors/index.ts";
import { int64 } from "../../tensor/index.ts";
import { lacking } from "../annotation.ts";
import { ratioMetric, type Metric } from "../metric.ts";
import { finiteNumbers, listOutputs } from "../outputs.ts";
import type { Binding, Task, TaskRow } from "../task.ts";
import { walkOf, type Walk } from "./axes.ts";
import { stepScores, type StepScores } from "./bind.ts";
import { bestPath } from "./ctc.ts";
import { ignored, stepLoss, stepTarget } from "./learning.ts";

export interface TokensSpec {
  kind: "tokens";
  /** How many tokens there are. */
  vocabulary: number;
  /** Which output holds the scores. Default: the first that has one per token. */
  output?: string;
}

/** The tokens of every step; -100 for one that is not judged. */
export interface Tokens {
  tokens: readonly number[];
}

export interface TokensAnswer extends Tokens {
  /** Minus the log-probability of the true token of every step, where the truths were known as the answer was read. */
  surprise?: readonly number[];
}

/** Sums over the steps that are judged. */
export interface TokensEvidence {
  right: number;
  steps: number;
  surprise?: number;
}

const tokensMetrics: readonly Metric<TokensEvidence>[] = [
  ratioMetric(
    {
      name: "next-token-accuracy",
      means: "share of steps whose likeliest token is the true one",
      better: "more",
      unit: "share",
    },
    ({ right, steps }) => [right, steps],
  ),
  perplexity(),
];

function perplexity(): Metric<TokensEvidence> {
  const words = {
    name: "perplexity",
    means: "e to the mean surprise, which is minus the log-probability of the true token; over all steps",
    better: "less",
    unit: "number",
  } as const;
  const mean = ratioMetric<TokensEvidence>(words, ({ surprise = Number.NaN, steps }) => [surprise, steps]);
  return {
    ...words,
    over(evidence) {
      const value = mean.over(evidence);
      return (weights) => Math.exp(value(weights));
    },
  };
}

/** The task. Truths and answers are tokens; evidence counts steps. */
export function tokens(spec: TokensSpec): Task<Tokens, TokensAnswer, TokensEvidence, Binding & StepScores> {
  const { vocabulary, output } = spec;
  if (!vocabulary)
    throw new InputError(
      "ERR_STUDY",
      "task.vocabulary: expected how many tokens there are, as the task tokens needs, got none",
    );
  return {
    spec,
    metrics: tokensMetrics,
    bind(facts) {
      const found = stepScores(facts, [vocabulary], output);
      if (!found) {
        throw new InputError(
          "ERR_TASK_OUTPUT",
          `expected scores [batch, steps, ${vocabulary}] or [batch, ${vocabulary}] for a vocabulary of ${vocabulary}, ` +
            `got ${listOutputs(facts)}`,
        );
      }
      return { outputs: [found.output], decides: [found.scores], notes: [], ...found };
    },
    answers({ output: name, axes, probabilities }, outputs, truths) {
      const { [name]: scores } = outputs;
      const values = finiteNumbers(scores!, name);
      const walk = walkOf(scores!.dims, axes);
      return Array.from({ length: walk.samples }, (_, sample): TokensAnswer => {
        const said = bestPath(values, walk, sample);
        const known = truths?.[sample];
        if (!known) return { tokens: said };
        const surprise = said.map((_, step) =>
          surpriseOf(values, walk, sample, step, known.tokens[step], probabilities),
        );
        return { tokens: said, surprise };
      });
    },
    truth({ values, label }) {
      const found = values ?? (label === undefined ? lacking("tokens", "tokens") : [label]);
      const wrong = found.find(
        (token) => !(Number.isInteger(token) && token < vocabulary && (token >= 0 || token === ignored)),
      );
      if (wrong === undefined) return { tokens: found };
      const range = `from 0 to ${vocabulary - 1}, or ${ignored} where nothing is to be judged`;
      throw new InputError("ERR_TASK_TRUTH", `expected tokens ${range}, got ${wrong}`);
    },
    judge: (answer, truth) => judgeTokens(answer, truth, vocabulary),
    target: (g, binding, truth) => [stepTarget(g, binding, truth)],
    learn: {
      truths(truths) {
        const steps = Math.max(1, ...truths.map(({ tokens: own }) => own.length));
        const filled = truths.flatMap(({ tokens: own }) => Array.from({ length: steps }, (_, i) => own[i] ?? ignored));
        return int64([truths.length, steps], filled);
      },
      loss: stepLoss,
    },
  };
}

/** -log p of a token: of logits z, log(sum of e^z) - z. 0 for what is not judged. */
function surpriseOf(
  values: ArrayLike<number>,
  { classes, start, stride }: Walk,
  sample: number,
  step: number,
  token: number | undefined,
  probabilities: boolean,
): number {
  if (token === undefined || token === ignored) return 0;
  const first = start(sample, step);
  const at = (label: number): number => values[first + label * stride]!;
  if (probabilities) return -Math.log(Math.max(at(token), Number.MIN_VALUE));
  let most = -Infinity;
  for (let c = 0; c < classes; c++) most = Math.max(most, at(c));
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += Math.exp(at(c) - most);
  return Math.log(sum) + most - at(token);
}

/** A step without an answer is as surprising as if every token were as likely: log of their number. */
function judgeTokens(answer: TokensAnswer | undefined, { tokens: truth }: Tokens, vocabulary: number): TokensEvidence {
  const unknown = Math.log(vocabulary);
  const evidence = { right: 0, steps: 0, surprise: 0 };
  truth.forEach((token, step) => {
    if (token === ignored) return;
    evidence.steps++;
    evidence.right += Number(answer?.tokens[step] === token);
    evidence.surprise += answer?.surprise?.[step] ?? unknown;
  });
  if (answer && !answer.surprise) return { right: evidence.right, steps: evidence.steps };
  return evidence;
}

export const tokensRow: TaskRow<TokensSpec, Tokens, TokensAnswer, TokensEvidence, Binding & StepScores> = {
  means:
    "the next token of a vocabulary at every step; its quality is the share of steps whose likeliest token is right",
  metrics: tokensMetrics,
  classes: false,
  truth: "labels",
  open: tokens,
};
