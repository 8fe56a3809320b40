/** @file What designs were simulated with, as it stands in result.json. */
import { z } from "zod";

const text = z.string();
const seconds = z.number().min(0);
const whole = z.int().min(0);
const share = z.number().min(0).max(1);

const cost = z
  .strictObject({
    seconds,
    lo: seconds,
    hi: seconds,
    n: whole,
    disturbed: whole.optional(),
    call: seconds.optional(),
    samples: z.array(seconds).min(1).optional(),
    mirrored: z.boolean().optional(),
  })
  .meta({ id: "cost", description: "As in a profile." });

const perImage = z
  .union([z.number().min(0), z.array(z.number().min(0))])
  .meta({ id: "perImage", description: "A number for each test image; one where it is the same for all." });

export const basis = z
  .strictObject({
    images: z.int().min(1),
    costs: z.record(text, cost).meta({ description: "By work, on the machine that measured." }),
    profiles: z
      .record(text, z.record(text, cost))
      .optional()
      .meta({ description: "By host: what its own profile says." }),
    answers: perImage.meta({ description: "Bytes of the answer." }),
    designs: z
      .record(
        text,
        z.strictObject({
          bytes: perImage
            .optional()
            .meta({ description: "Of the message, where it crosses first; absent where nothing is sent." }),
          behind: z.array(perImage).optional().meta({ description: "The same of crossings behind the first." }),
          taken: z.array(whole).optional().meta({ description: "Images of which its exit is sure." }),
          differs: z
            .strictObject({ images: z.array(whole), right: z.array(share) })
            .optional()
            .meta({
              description:
                "Images to which its answer is righter or less right than the unchanged model's, and how right.",
            }),
        }),
      )
      .meta({
        description:
          "By a design's name without its transport, with the order in which its values go where that is not the tensors' own.",
      }),
    right: z
      .union([share, z.array(share)])
      .optional()
      .meta({ description: "How right the unchanged model's answers are, by image." }),
  })
  .optional()
  .meta({
    description:
      "What the designs were simulated with: `sei studio` simulates them again from it; absent in results of older versions.",
  });
