import { useQuery } from "@tanstack/solid-query";
import { fetchUsers, type User } from "../../../api/userCalls";
import { useLive } from "../../../state/connection";

/** What the list of users says of one; undefined while it is not known, and for those who may not see the list. */
export function useOwnUser(name: () => string): () => User | undefined {
  const live = useLive();
  const query = useQuery(() => ({
    queryKey: ["users"],
    queryFn: ({ signal }) => fetchUsers(live.caller, signal),
  }));
  return () => (query.isSuccess ? query.data.find((user) => user.name === name()) : undefined);
}
