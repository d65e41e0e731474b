import { useQuery } from "@tanstack/solid-query";
import { createMemo, type JSX, Show } from "solid-js";
import { fetchForecast } from "../../api/historyCalls";
import type { Resource } from "../../api/types";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import { levelText } from "../../ui/levels";
import { basisText, forecastText, urgencyOf } from "./forecast";

/** The hub learns anew once an hour; what is used in between moves the day a little. */
const refetchMs = 10 * 60_000;

/** When the disk of a resource is full. Nothing where that cannot be asked. */
export function ForecastNote(props: { readonly resource: Resource }): JSX.Element {
  const { t, locale } = useTexts();
  const live = useLive();
  const id = createMemo(() => props.resource.id);
  const hasDisk = createMemo(() => props.resource.disk !== undefined);
  const query = useQuery(() => ({
    queryKey: ["forecast", id()],
    queryFn: ({ signal }) => fetchForecast(id(), live.caller, signal),
    enabled: hasDisk(),
    retry: 1,
    staleTime: refetchMs,
    refetchInterval: refetchMs,
    refetchOnWindowFocus: false,
  }));
  const forecast = () => (query.isSuccess ? (query.data ?? undefined) : undefined);
  return (
    <Show when={forecast()}>
      {(known) => (
        <Show when={forecastText(known(), t, locale())}>
          {(text) => (
            <p
              class={`px-5 pb-4 text-[12px] ${levelText[urgencyOf(known())] || "text-dim"}`}
              title={basisText(known(), t, locale())}
            >
              {text()}
            </p>
          )}
        </Show>
      )}
    </Show>
  );
}
