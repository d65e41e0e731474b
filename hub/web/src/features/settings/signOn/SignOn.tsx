import { useQuery } from "@tanstack/solid-query";
import type { JSX } from "solid-js";
import { fetchSignOn } from "../../../api/signOnCalls";
import { useLive } from "../../../state/connection";
import { Column } from "../Column";
import { QueryView } from "../QueryView";
import { ProviderForm } from "./ProviderForm";
import { ProviderTest } from "./ProviderTest";

/** Signing in with an account that people have elsewhere. */
export default function SignOn(): JSX.Element {
  const live = useLive();
  const query = useQuery(() => ({
    queryKey: ["sign-on"],
    queryFn: ({ signal }) => fetchSignOn(live.caller, signal),
    // A form that is being filled in must not change under the hand.
    staleTime: Number.POSITIVE_INFINITY,
  }));
  return (
    <Column>
      <QueryView query={query}>
        {(saved) => (
          <>
            <ProviderForm saved={saved()} />
            <ProviderTest enabled={saved().enabled} />
          </>
        )}
      </QueryView>
    </Column>
  );
}
