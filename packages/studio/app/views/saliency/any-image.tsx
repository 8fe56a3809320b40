/** @file Where the model looks at any test image, at the layer that is chosen. */
import type { StudioDocument } from "../../../messages.ts";
import { change, usePlace } from "../../store/url.ts";
import { HowFar } from "./how-far.tsx";
import { Overlay } from "./overlay.tsx";
import { useAnew } from "./use-anew.ts";

export function AnyImage({ study, layer }: { study: StudioDocument; layer: string }) {
  const { query } = usePlace();
  const text = query.get("image");
  const image = text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  const found = useAnew(study, image === undefined ? undefined : { image, layer });
  return (
    <form
      className="any"
      onSubmit={(event) => {
        event.preventDefault();
        change({ image: new FormData(event.currentTarget).get("image") as string });
      }}
    >
      <label>
        Test image, from 0{" "}
        <input name="image" type="number" min={0} defaultValue={image ?? 0} key={text ?? ""} required />
      </label>
      <button type="submit">Show where it looks</button>
      <HowFar of="map" anew={found}>
        {found?.state === "ready" && (
          <>
            <Overlay example={found.value} map={found.value.maps[0]!} />
            <p className="small">
              {found.value.label}
              {found.value.predicted !== found.value.label && `, taken for ${found.value.predicted}`}
              {found.value.maps[0]!.values.every((one) => one <= 0) &&
                ": nothing here speaks for it at this layer, the map is 0 everywhere"}
            </p>
          </>
        )}
      </HowFar>
    </form>
  );
}
