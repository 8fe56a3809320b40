import { expect, test } from "vitest";
import { placeLabels } from "./labels.ts";

const field = { left: 0, right: 300, top: 0, bottom: 200 };

test("a name stands to the right of its point, to the left where there is no room", () => {
  const [near, far] = placeLabels(
    [
      { id: "a", text: "LC", x: 20, y: 50 },
      { id: "b", text: "RC raw tcp", x: 290, y: 120 },
    ],
    [
      { x: 20, y: 50 },
      { x: 290, y: 120 },
    ],
    field,
  );
  expect(near).toMatchObject({ x: 34, y: 54, anchor: "start" });
  expect(far).toMatchObject({ x: 276, anchor: "end" });
});

test("names of points at one place do not cover each other, nor the mark beside them", () => {
  const at = { x: 100, y: 100 };
  const labels = placeLabels(
    ["a", "b", "c"].map((id) => ({ id, text: `design ${id}`, ...at })),
    [at, { x: 130, y: 100 }],
    field,
  );
  expect(labels[0]).toMatchObject({ anchor: "end" });
  const places = labels.map(({ x, y }) => `${x} ${y}`);
  expect(new Set(places).size).toBe(3);
  // Those that share a column are a line apart at least.
  const middle = labels.filter(({ anchor }) => anchor === "middle").map(({ y }) => y);
  expect(Math.abs(middle[0]! - middle[1]!)).toBeGreaterThanOrEqual(15);
});
