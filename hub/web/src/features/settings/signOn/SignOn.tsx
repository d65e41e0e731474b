import { useSearchParams } from "@solidjs/router";
import { useQuery } from "@tanstack/solid-query";
import { type JSX, Match, Show, Switch } from "solid-js";
import {
  decodeSignOn,
  defaultProvider,
  fetchProviders,
  type SignOn as Provider,
} from "../../../api/signOnCalls";
import { useLive } from "../../../state/connection";
import { Column } from "../Column";
import { QueryView } from "../QueryView";
import { ProviderForm } from "./ProviderForm";
import { ProviderList } from "./ProviderList";
import { ProviderTrial } from "./ProviderTrial";
import { newProvider, providersKey, samlProvider } from "./places";
import { SamlSettings } from "./SamlSettings";

/** Signing in with an account that people have elsewhere. */
export default function SignOn(): JSX.Element {
  const live = useLive();
  const query = useQuery(() => ({
    queryKey: providersKey,
    queryFn: ({ signal }) => fetchProviders(live.caller, signal),
    // A form that is being filled in must not change under the hand.
    staleTime: Number.POSITIVE_INFINITY,
  }));
  return (
    <Column>
      <QueryView query={query}>{(providers) => <Chosen providers={providers()} />}</QueryView>
    </Column>
  );
}

/** The provider that the address bar names, below the names of all. */
function Chosen(props: { readonly providers: readonly Provider[] }): JSX.Element {
  const [params, setParams] = useSearchParams();
  const chosen = () => (typeof params.provider === "string" ? params.provider : defaultProvider);
  const goTo = (id: string) => setParams({ provider: id === defaultProvider ? undefined : id });
  const first = () => props.providers.find((item) => item.id === defaultProvider);
  /** What a new provider begins with: where it sends browsers back to is the same for all. */
  const blank = () => ({ ...decodeSignOn({}), id: "", defaultRedirect: first()?.defaultRedirect ?? "" });
  const saved = () => props.providers.find((item) => item.id === chosen()) ?? first() ?? blank();
  return (
    <>
      <ProviderList providers={props.providers} chosen={chosen()} onAdd={() => goTo(newProvider)} />
      <Switch
        fallback={
          <Show when={saved().id || defaultProvider} keyed>
            {(id) => (
              <>
                <ProviderForm saved={saved()} onSaved={goTo} onRemoved={() => goTo(defaultProvider)} />
                <ProviderTrial id={id} enabled={saved().enabled} />
              </>
            )}
          </Show>
        }
      >
        <Match when={chosen() === samlProvider}>
          <SamlSettings />
        </Match>
        <Match when={chosen() === newProvider}>
          <ProviderForm saved={blank()} onSaved={goTo} onRemoved={() => goTo(defaultProvider)} />
        </Match>
      </Switch>
    </>
  );
}
