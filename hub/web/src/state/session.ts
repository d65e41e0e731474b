import { createSignal } from "solid-js";
import { checkAccess, fetchSecurityStatus, RequestError } from "../api/http";
import type { SecurityStatus } from "../api/types";

const storageKey = "pulse.token";

export type GateReason = "none" | "expired" | "wrong" | "scope" | "unreachable" | "refused";

/** Whether this tab may read from the hub. */
export type SessionState =
  | { readonly kind: "checking" }
  | { readonly kind: "gate"; readonly reason: GateReason; readonly status: SecurityStatus | undefined }
  | { readonly kind: "open"; readonly token: string | undefined };

export interface Session {
  readonly state: () => SessionState;
  /** Tries a token; resolves when the state is settled. */
  signIn(token: string): Promise<void>;
  signOut(): void;
  /** Asks the hub again whether the token still counts, and goes back to the gate when it does not. */
  recheck(): Promise<void>;
  /** Starts from the address bar or the tab's storage. */
  start(): Promise<void>;
}

export function hasFragmentToken(place: Location): boolean {
  return place.hash.startsWith("#token=");
}

/** Takes a token given once as `#token=…` and removes it from the address bar and the history entry. */
export function takeFragmentToken(place: Location, history: History): string | undefined {
  if (!hasFragmentToken(place)) return undefined;
  const token = new URLSearchParams(place.hash.slice(1)).get("token")?.trim();
  history.replaceState(history.state, "", place.pathname + place.search);
  return token || undefined;
}

function reasonOf(error: unknown): GateReason {
  if (!(error instanceof RequestError)) return "unreachable";
  if (error.kind === "unauthorized") return "wrong";
  if (error.kind === "forbidden") return "scope";
  return error.kind;
}

export function makeSession(storage: Storage = window.sessionStorage): Session {
  const [state, setState] = createSignal<SessionState>({ kind: "checking" });
  let status: SecurityStatus | undefined;

  function gate(reason: GateReason): void {
    // An unreachable hub says nothing about the token, so keep it for the next try.
    if (reason !== "unreachable" && reason !== "refused") storage.removeItem(storageKey);
    setState({ kind: "gate", reason, status });
  }

  async function attempt(token: string | undefined, whenWrong: GateReason): Promise<void> {
    try {
      await checkAccess(token);
    } catch (error) {
      const reason = reasonOf(error);
      gate(reason === "wrong" ? whenWrong : reason);
      return;
    }
    if (token) storage.setItem(storageKey, token);
    setState({ kind: "open", token });
  }

  return {
    state,
    signIn: (token) => attempt(token.trim(), "wrong"),
    signOut: () => gate("none"),
    async recheck() {
      const current = state();
      if (current.kind !== "open") return;
      try {
        await checkAccess(current.token);
      } catch (error) {
        const reason = reasonOf(error);
        if (reason === "wrong") gate("expired");
        if (reason === "scope") gate("scope");
      }
    },
    async start() {
      const given = takeFragmentToken(window.location, window.history);
      const token = given ?? storage.getItem(storageKey) ?? undefined;
      setState({ kind: "checking" });
      try {
        status = await fetchSecurityStatus();
      } catch (error) {
        gate(reasonOf(error) === "unreachable" ? "unreachable" : "refused");
        return;
      }
      if (token || status.hasProxyAuth) await attempt(token, token ? (given ? "wrong" : "expired") : "none");
      else gate("none");
    },
  };
}
