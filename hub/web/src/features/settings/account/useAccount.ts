import { type UseQueryResult, useQuery } from "@tanstack/solid-query";
import { fetchAccount } from "../../../api/accountCalls";
import type { User } from "../../../api/userCalls";
import { useLive } from "../../../state/connection";

/** Where the account is kept while the settings are open. */
export const accountKey = ["account"] as const;

/** The account of whoever looks. */
export function useAccount(): UseQueryResult<User, Error> {
  const live = useLive();
  return useQuery(() => ({
    queryKey: accountKey,
    queryFn: ({ signal }) => fetchAccount(live.caller, signal),
  }));
}
