import { type UseQueryResult, useQuery } from "@tanstack/solid-query";
import { fetchSecurityStatus, type SecurityStatus } from "../../api/signInCalls";
import { useLive } from "../../state/connection";

/** Who is looking, and what they may do. */
export function useMe(): UseQueryResult<SecurityStatus, Error> {
  const live = useLive();
  return useQuery(() => ({
    queryKey: ["me"],
    queryFn: () => fetchSecurityStatus(live.caller),
    staleTime: 60_000,
    retry: 1,
  }));
}
