/** @file What a frame passes in a design: hosts and what crosses between them, as a row. */
import { bytes, seconds, type Context } from "@split-et-impera/charts";
import {
  codecName,
  crossingCut,
  carriesCapture,
  cutName,
  transportText,
  type DesignResult,
} from "@split-et-impera/core/design";

export function Way({ context, design }: { context: Context; design: DesignResult }) {
  const { segments, crossings, parts } = design;
  const { study } = context.result;
  const first = crossings.find(({ after }) => after < 0);
  const hosts = [...(first ? [study.frames.host] : []), ...segments.map(({ host }) => host)];
  return (
    <ol className="way" aria-label="The way of a frame">
      {hosts.map((host, i) => {
        const segment = segments[first ? i - 1 : i];
        const crossing = crossings.find(({ after }) => after === (first ? i - 2 : i - 1));
        return (
          <li key={i}>
            {crossing && (
              <span className="hop">
                <b>{bytes(design.bytes)}</b>
                <i aria-hidden="true" />
                <span className="soft">
                  {carriesCapture(design, crossing)
                    ? "the input"
                    : context.names.brief(cutName(crossingCut(design, crossing)))}
                  , {codecName(crossing.codec)}
                  {crossing.bottleneck && `, ${crossing.bottleneck.compression}x bottleneck`},{" "}
                  {transportText(crossing.transport)} · {seconds(parts.wire)}
                </span>
              </span>
            )}
            <span className="host">
              <b>{host}</b>
              <span className="soft">
                {segment === undefined
                  ? "captures"
                  : segments.length === 1
                    ? "the whole model"
                    : i === hosts.length - 1
                      ? `the tail · ${seconds(parts.tail)}`
                      : `the head · ${seconds(parts.head)}`}
              </span>
            </span>
          </li>
        );
      })}
    </ol>
  );
}
