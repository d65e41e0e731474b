import { createSignal } from "solid-js";
import { type Caller, RequestError } from "../api/http";
import { checkAccess, fetchSecurityStatus, type SecurityStatus, signOut } from "../api/signInCalls";

const storageKey = "pulse.token";

/**
 * Why somebody stands at the gate: a token that `expired`, is `wrong` or lacks
 * the `scope`; a session that `ended` or whose `role` is not enough; a
 * `provider` that did not let them in; a hub that is `unreachable`, `refused`
 * to answer, or asks to come back later (`limited`).
 */
export type GateReason =
  | "none"
  | "expired"
  | "ended"
  | "wrong"
  | "scope"
  | "role"
  | "provider"
  | "unreachable"
  | "refused"
  | "limited";

/** Whether this tab may read from the hub. */
export type SessionState =
  | { readonly kind: "checking" }
  | { readonly kind: "firstRun"; readonly status: SecurityStatus }
  | {
      readonly kind: "gate";
      readonly reason: GateReason;
      /** What the identity provider's way failed with, when that is the reason. */
      readonly code: string;
      readonly status: SecurityStatus | undefined;
    }
  | { readonly kind: "open"; readonly caller: Caller };

export interface Session {
  readonly state: () => SessionState;
  /** Tries a token typed by hand; resolves when the state is settled. */
  useToken(token: string): Promise<void>;
  /** Goes in with the session that the browser has just been given. */
  enter(): Promise<void>;
  /** Ends the session, or forgets the token. */
  signOut(): Promise<void>;
  /** Asks the hub again whether the caller still counts, and goes back to the gate when not. */
  recheck(): Promise<void>;
  /** Starts from the address bar, the tab's storage, or the browser's session. */
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

/** Takes what an identity provider's way ended with from the address bar: the code of its failure, if it failed. */
export function takeProviderFailure(place: Location, history: History): string | undefined {
  const query = new URLSearchParams(place.search);
  let failure: string | undefined;
  for (const way of ["oidc", "saml"]) {
    if (query.get(way) === "error") failure = query.get(`${way}_error`) ?? "";
    query.delete(way);
    query.delete(`${way}_error`);
  }
  const search = query.size > 0 ? `?${query}` : "";
  if (query.size !== new URLSearchParams(place.search).size)
    history.replaceState(history.state, "", place.pathname + search + place.hash);
  return failure;
}

function reasonOf(error: unknown): GateReason {
  if (!(error instanceof RequestError)) return "unreachable";
  if (error.kind === "unauthorized") return "wrong";
  if (error.kind === "forbidden") return "scope";
  return error.kind;
}

/** Says nothing about the token, so that it is worth keeping for the next try. */
const temporary: ReadonlySet<GateReason> = new Set(["unreachable", "refused", "limited"]);

export interface SessionOptions {
  readonly storage?: Storage;
  /** Leaves the page for another address. */
  readonly leaveFor?: (url: string) => void;
}

export function makeSession(options: SessionOptions = {}): Session {
  const storage = options.storage ?? window.sessionStorage;
  const leaveFor = options.leaveFor ?? ((url: string) => window.location.assign(url));
  const [state, setState] = createSignal<SessionState>({ kind: "checking" });
  let status: SecurityStatus | undefined;
  let rechecking: Promise<void> | undefined;

  function gate(reason: GateReason, code = ""): void {
    if (!temporary.has(reason)) storage.removeItem(storageKey);
    setState({ kind: "gate", reason, code, status });
  }

  const open = (token: string | undefined) =>
    setState({ kind: "open", caller: { token, onUnauthorized: () => void recheck() } });

  async function attempt(token: string | undefined, whenUnknown: () => void): Promise<void> {
    try {
      await checkAccess({ token });
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === "wrong") whenUnknown();
      else gate(reason === "scope" && !token ? "role" : reason);
      return;
    }
    if (token) storage.setItem(storageKey, token);
    open(token);
  }

  async function askAgain(caller: Caller): Promise<void> {
    try {
      await checkAccess({ token: caller.token });
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === "wrong") gate(caller.token ? "expired" : "ended");
      if (reason === "scope") gate(caller.token ? "scope" : "role");
    }
  }

  /** Many requests may be refused at once; one question settles them all. */
  function recheck(): Promise<void> {
    const current = state();
    if (current.kind !== "open") return Promise.resolve();
    rechecking ??= askAgain(current.caller).finally(() => {
      rechecking = undefined;
    });
    return rechecking;
  }

  async function endSession(): Promise<void> {
    // Only now it is known who is signed in, hence who vouches for them.
    const now = await fetchSecurityStatus();
    const next = await signOut();
    const elsewhere = now.hasProxyAuth ? now.proxyAuthLogoutUrl : now.oidcUsername && now.oidcLogoutUrl;
    if (next ?? elsewhere) leaveFor(next ?? elsewhere ?? "");
  }

  return {
    state,
    useToken: (token) => attempt(token.trim(), () => gate("wrong")),
    enter: () => attempt(undefined, () => gate("ended")),
    async signOut() {
      const current = state();
      if (current.kind === "open" && !current.caller.token) {
        try {
          await endSession();
        } catch (error) {
          // A session that is over already is what was asked for; one that may go on is not.
          const reason = reasonOf(error);
          if (reason !== "wrong") return gate(temporary.has(reason) ? reason : "refused");
        }
      }
      gate("none");
    },
    recheck,
    async start() {
      const failure = takeProviderFailure(window.location, window.history);
      const given = takeFragmentToken(window.location, window.history);
      const token = given ?? storage.getItem(storageKey) ?? undefined;
      setState({ kind: "checking" });
      try {
        status = await fetchSecurityStatus();
      } catch (error) {
        const reason = reasonOf(error);
        gate(temporary.has(reason) ? reason : "refused");
        return;
      }
      if (!status.hasAuthentication) setState({ kind: "firstRun", status });
      else if (failure !== undefined) gate("provider", failure);
      else if (token) await attempt(token, () => gate(given ? "wrong" : "expired"));
      else await attempt(undefined, () => gate("none"));
    },
  };
}
