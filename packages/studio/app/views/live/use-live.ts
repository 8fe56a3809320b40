/** @file What running hosts do, told by the server every second while this is looked at. */
import { useEffect, useState } from "react";
import type { LiveHost } from "../../../messages.ts";

export interface Watched {
  /** Undefined until the first look. */
  hosts: readonly LiveHost[] | undefined;
  /** Whether the studio's server is gone; it is asked again and again. */
  gone: boolean;
}

export function useLive(): Watched {
  const [watched, setWatched] = useState<Watched>({ hosts: undefined, gone: false });
  useEffect(() => {
    const events = new EventSource("/api/live");
    events.addEventListener("hosts", ({ data }: MessageEvent<string>) =>
      setWatched({ hosts: JSON.parse(data) as LiveHost[], gone: false }),
    );
    events.addEventListener("error", () => setWatched(({ hosts }) => ({ hosts, gone: true })));
    return () => events.close();
  }, []);
  return watched;
}
