import { type UseQueryResult, useQuery } from "@tanstack/solid-query";
import { fetchSaml, type Saml } from "../../../api/samlCalls";
import { useLive } from "../../../state/connection";
import { samlKey } from "./places";

/** The settings of the SAML provider. */
export function useSaml(): UseQueryResult<Saml, Error> {
  const live = useLive();
  return useQuery(() => ({
    queryKey: samlKey,
    queryFn: ({ signal }) => fetchSaml(live.caller, signal),
    // A form that is being filled in must not change under the hand.
    staleTime: Number.POSITIVE_INFINITY,
  }));
}
