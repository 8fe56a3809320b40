/** @file A deployment while it runs: what its hosts measure beside what was predicted. */
import { percent } from "@split-et-impera/charts";
import { formatDuration, formatNumber, formatPercent, formatRate } from "@split-et-impera/core/units";
import { useId } from "react";
import "../../parts/parts.css";
import { Empty, Failed, Loading } from "../../shell/state.tsx";
import type { LiveHost, LivePeriod } from "../../../messages.ts";
import { DesignName } from "../../parts/kind.tsx";
import type { OpenResult } from "../../store/results.ts";
import { server, useRemote } from "../../store/server.ts";
import { change, usePlace } from "../../store/url.ts";
import { Beside } from "./beside.tsx";
import "./live.css";
import { useLive } from "./use-live.ts";

export default function Live(open: OpenResult) {
  const state = useRemote(server);
  if (state.state === "loading") return <Loading what="Asking what there is" />;
  if (state.state === "failed") return <Failed why={state.why} />;
  if (state.value.live.length > 0) return <Hosts {...open} />;
  return (
    <Empty title="No running host is watched">
      <p>
        Hosts that are started with <code>--metrics PORT</code> tell what they measure. Name those ports to the studio,
        and what was predicted stands beside it here:
      </p>
      <pre tabIndex={0}>
        {`sei serve BUNDLE --insecure --metrics 9101
sei run BUNDLE --input SOURCE --insecure --metrics 9100
sei studio RESULT.json --live 9100 --live 9101`}
      </pre>
    </Empty>
  );
}

function Hosts({ context }: OpenResult) {
  const { hosts, gone } = useLive();
  const { query } = usePlace();
  const over = query.get("over") === "lately" ? "lately" : "all";
  return (
    <div className="view-live">
      <div className="head">
        <h1>Live</h1>
        <p>What running hosts measure, beside what was predicted</p>
        <label>
          Frames{" "}
          <select
            value={over}
            onChange={(event) => change({ over: event.target.value === "lately" ? "lately" : undefined })}
          >
            <option value="all">since the host began</option>
            <option value="lately">of the last ten seconds</option>
          </select>
        </label>
      </div>
      {gone && <p role="alert">The studio’s server does not answer; what follows is what it said last.</p>}
      {!hosts && <Loading what="Asking the hosts" />}
      {hosts?.map((host) => (
        <Host key={host.url} host={host} over={over} context={context} />
      ))}
    </div>
  );
}

function Host({
  host: { url, problem, all, lately },
  over,
  context,
}: {
  host: LiveHost;
  over: "all" | "lately";
  context: OpenResult["context"];
}) {
  // Two hosts may have one name, and names may hold anything.
  const id = useId();
  if (problem !== undefined || !all)
    return (
      <section className="card host missed" aria-label={url}>
        <p role="alert">{problem}</p>
      </section>
    );
  const period = over === "lately" ? lately : all;
  return (
    <section className="card host" aria-labelledby={id}>
      <div className="head">
        <h2 id={id}>
          {all.host} · <DesignName context={context} id={all.design} />
        </h2>
        <p className="small">
          up {formatDuration(Math.round(all.up))}, {url}
        </p>
      </div>
      {!period ? (
        <p className="soft">Ten seconds are not over yet.</p>
      ) : (
        <>
          <Doing period={period} />
          {period.captured ? (
            <Beside context={context} period={period} captured={period.captured} />
          ) : (
            <Means means={period.means} />
          )}
        </>
      )}
    </section>
  );
}

/** A line of what it does, and one of what is amiss. */
function Doing({ period }: { period: LivePeriod }) {
  const { frames, framesPerSecond, over, peers, dropped, designs, link } = period;
  return (
    <p>
      {formatNumber(framesPerSecond, 3)} frames a second over {frames} frames in {formatDuration(over, 2)}
      {dropped > 0 && `; ${dropped} dropped`}
      {link &&
        `; link ${formatRate(link.rate)}, round trip ${formatDuration(link.rtt)}, loss ${formatPercent(link.loss)}`}
      {designs &&
        `; by several designs: ${Object.entries(designs)
          .map(([id, some]) => `${id} ${percent(some / Math.max(1, frames))}`)
          .join(", ")}`}
      {peers.map(({ peer, connected }) => (
        <span key={peer}>
          {" "}
          ·{" "}
          <span className={connected ? "met" : "missed"}>{`${peer} ${connected ? "connected" : "not connected"}`}</span>
        </span>
      ))}
    </p>
  );
}

/** Of a host to which frames come. */
function Means({ means }: Pick<LivePeriod, "means">) {
  const all = Object.entries(means);
  if (all.length === 0) return <p className="soft">No frame came yet.</p>;
  return (
    <p className="soft">
      Mean times: {all.map(([part, seconds]) => `${part} ${formatDuration(seconds, 3)}`).join(", ")}
    </p>
  );
}
