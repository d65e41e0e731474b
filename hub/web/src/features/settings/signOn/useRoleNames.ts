import { useQuery } from "@tanstack/solid-query";
import { fetchRoles } from "../../../api/userCalls";
import { useLive } from "../../../state/connection";

const builtIn: readonly string[] = ["admin", "operator", "viewer"];

/** The names of all roles; those of every hub for whoever may not see roles. */
export function useRoleNames(): () => readonly string[] {
  const live = useLive();
  const query = useQuery(() => ({
    queryKey: ["roles"],
    queryFn: ({ signal }) => fetchRoles(live.caller, signal),
  }));
  return () => (query.isSuccess ? query.data.roles.map((role) => role.name) : builtIn);
}
